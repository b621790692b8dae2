"""Linkage measured: growth with size, and against peers on the same mentions."""
