"""Does a connection stay on this machine?"""

from ipaddress import ip_address


def is_this_machine(host: str) -> bool:
    """host: a name, an address, or the folder of a local socket (empty: the usual one). A name is not resolved."""
    if not host or host[0] in "/@":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
