"""Gates: is a delivery believable, is the whole fit to publish (Great Expectations).

Nothing is imported here, so that who wants an error class or a page pays for no gate. Great
Expectations itself is imported only when a gate has something to check: it takes seconds.
"""
