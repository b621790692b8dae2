"""Deliveries fetched from the systems that hold them: databases, interfaces and file servers.

An extraction is a delivery like any other: a file and its manifest in the inbox, landed by the same program.
"""
