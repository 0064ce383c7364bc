"""Classification of IP addresses as public or special-purpose.

IANA special-purpose registries (RFC 6890, RFC 8190); IPv4 addresses inside IPv6 ones:
RFC 4291 2.5.5.2 (mapped), RFC 6052 (NAT64).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# Spelled out because `ipaddress.is_global` differs between patch releases of Python.
_NON_PUBLIC_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # publicly routable, but an internal service of Azure
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

_GLOBAL_UNICAST_IPV6 = IPv6Network("2000::/3")

_NON_PUBLIC_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",  # 6to4: deprecated (RFC 7526), embeds an IPv4 address
        "3fff::/20",
    )
)

_IPV4_MAPPED = IPv6Network("::ffff:0:0/96")

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether `address`, or the IPv4 address in it, is globally reachable unicast."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NON_PUBLIC_IPV4)
    ipv4 = _embedded_ipv4(address)
    if ipv4 is not None:
        return is_public(ipv4)
    return address in _GLOBAL_UNICAST_IPV6 and not any(
        address in network for network in _NON_PUBLIC_IPV6
    )


def parse_address(text: str) -> Address | None:
    """Return the IP address in `text`; None if invalid or with a zone identifier."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to `address` reach, or None."""
    if address in _IPV4_MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
