"""Findings and links against the truth of an invented city."""
