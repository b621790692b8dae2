"""A contract drafted from the files of a sender nobody has described: what they look like, column by column, and
which canonical record that may be. Each guess stands with its reason and how sure it is."""

# Marks in a draft what only a person can fill in.
OPEN = "待填"
