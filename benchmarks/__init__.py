"""Measurements that take minutes and prove nothing by themselves; results in ``benchmarks/README.md``."""
