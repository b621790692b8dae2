"""Frozen: what landed migrations share. Change nothing here; what a new migration needs otherwise is written anew.

A database of any age must become the same by the same steps, whatever the program around them has become.
"""
