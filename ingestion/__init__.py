"""From files to ``raw.*``: contracts, readers, landing and the ledger."""
