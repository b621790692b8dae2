"""What stands around a value and is no part of it."""

BLANKS = " \t\u00a0\u3000"
