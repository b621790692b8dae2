"""Health check of a container: ``healthy.py URL`` exits 0 where the URL answers well.

Of a service that answers over TLS itself (MINZHENG_TLS_CERTIFICATE) it is asked so, and trusted by that very file.
"""

import os
import ssl
import sys
import urllib.request

url, certificate = sys.argv[1], os.environ.get("MINZHENG_TLS_CERTIFICATE")
context = None
if certificate:
    url = url.replace("http://", "https://", 1)
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False  # this machine asks itself, under a name the certificate does not have
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
with urllib.request.urlopen(url, timeout=5, context=context) as answer:
    sys.exit(0 if answer.status == 200 else 1)
