"""Findings and the people who decide on them."""
