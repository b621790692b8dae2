"""Files made from the contracts, the seeds and the models (``minzheng sync``)."""
