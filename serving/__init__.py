"""The REST service of the warehouse: thin, everything is decided and logged in ``api_v1``."""
