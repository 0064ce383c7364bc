"""Where a request comes from, as far as attempts are counted by it.

RFC 4291 section 2.5.4: the last 64 bits of an IPv6 address are the host's own choice.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def source_of(address: str | None) -> str:
    """An address; of IPv6 the network, since a host has all of it."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        # On a socket of both kinds IPv4 comes as ::ffff:192.0.2.1.
        return str(found.ipv4_mapped or found.exploded[:19])
    return str(found)
