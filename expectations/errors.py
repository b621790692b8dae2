"""Errors of this package. Their text never holds values of the data."""


class CheckFault(Exception):
    """An expectation could not be evaluated (missing table or column, lost connection): our fault.

    Names suite, expectation and SQLSTATE or error class only; the server's own text may hold
    personal values.
    """
