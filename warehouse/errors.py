"""Errors with an exit code. Their text is for people and never holds personal values."""


class MinzhengError(Exception):
    """Our own fault or the machine's (exit code 3)."""

    exit_code = 3


class UsageError(MinzhengError):
    """Bad input or use (exit code 2): says what, where and what to do."""

    exit_code = 2


class GateClosed(MinzhengError):
    """A gate is closed or a comparison failed (exit code 1); the last generation stays."""

    exit_code = 1
