"""Why a migration will not be done."""


class Refusal(Exception):
    """Told to whoever asked for the migration, as it stands; nothing was changed."""
