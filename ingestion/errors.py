"""Errors of this package. Their text is for people and never holds personal values."""


class IngestionError(Exception):
    """The machine's or our own fault: the database, the disk, a broken installation."""


class RequestError(IngestionError):
    """Asked for something that cannot be done: says what can."""


class ContractError(IngestionError):
    """A contract file says something impossible: names the file, the place and what to write."""


class DeliveryFault(Exception):
    """The whole delivery is refused; nothing of it is landed.

    reason_code: short and stable, for counting (``checksum``, ``row_count``, ``encoding`` ...).
    reason: one clear sentence for the sender, without any value from inside the file.
    """

    def __init__(self, reason_code: str, reason: str) -> None:
        super().__init__(reason)
        self.reason_code = reason_code
        self.reason = reason
