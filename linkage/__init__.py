"""Linkage: from person mentions to residents (``linking.link``).

Nothing is imported here: what people decided can be read without what compares names.
"""
