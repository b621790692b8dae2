"""Health check of a container: ``healthy.py URL`` exits 0 where the URL answers well."""

import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
    sys.exit(0 if answer.status == 200 else 1)
