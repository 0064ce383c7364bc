"""URLs and addresses that are never fetched.

RFC 9728 section 7.7; RFC 3986 section 3; IANA special-purpose address registries.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth.fetch import Fetcher, FetchError, Reason, Target
from pyramid_oauth.fetch.addresses import is_public


def refusal_reason(url: str, **options: object) -> Reason:
    fetcher = Fetcher(**{"resolver": lambda host, port: ["10.0.0.1"], **options})
    with pytest.raises(FetchError) as caught:
        fetcher.get(url)
    return caught.value.reason


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", Reason.URL),
        ("client.example/jwks", Reason.URL),
        ("https://client.example/a b", Reason.URL),
        ("https://client.example/%zz", Reason.URL),
        ("https://client.example\\@evil.example/", Reason.USERINFO),
        ("https://client.example\\.evil.example/", Reason.HOST),
        ("https://client.example/\r\nX: y", Reason.URL),
        pytest.param("https://client.example/" + "a" * 2048, Reason.URL, id="long"),
        ("http://client.example/", Reason.SCHEME),
        ("file:///etc/passwd", Reason.SCHEME),
        ("ftp://client.example/", Reason.SCHEME),
        ("https://client.example/#keys", Reason.FRAGMENT),
        ("https://client.example#", Reason.FRAGMENT),
        ("https://user@client.example/", Reason.USERINFO),
        ("https://user:pw@client.example/", Reason.USERINFO),
        ("https:///jwks", Reason.HOST),
        ("https://client..example/", Reason.HOST),
        ("https://client.example./", Reason.HOST),
        ("https://münchen.example/", Reason.HOST),
        ("https://127.1/", Reason.HOST),
        ("https://2130706433/", Reason.HOST),
        ("https://0x7f.0.0.1/", Reason.HOST),
        ("https://0x7f000001/", Reason.HOST),
        ("https://0177.0.0.1/", Reason.HOST),
        ("https://[fe80::1%25eth0]/", Reason.HOST),
        ("https://[client.example]/", Reason.HOST),
        ("https://[127.0.0.1]/", Reason.HOST),
        ("https://client.example:22/", Reason.PORT),
        ("https://client.example:80/", Reason.PORT),
        ("https://client.example:0/", Reason.PORT),
        ("https://client.example:/", Reason.PORT),
        ("https://client.example:0443/", Reason.PORT),
        ("https://client.example:65536/", Reason.PORT),
        ("https://client.example:8443:1/", Reason.PORT),
        ("https://127.0.0.1/", Reason.ADDRESS),
        ("https://[::1]/", Reason.ADDRESS),
        ("https://[::ffff:127.0.0.1]/", Reason.ADDRESS),
        ("https://169.254.169.254/latest/meta-data/", Reason.ADDRESS),
        ("https://client.example/", Reason.ADDRESS),
    ],
)
@pytest.mark.spec("RFC 9728", "7.7")
def test_an_unsafe_url_is_refused(url: str, reason: Reason) -> None:
    assert refusal_reason(url) is reason


def test_http_urls_are_accepted_with_the_setting() -> None:
    assert refusal_reason("http://client.example/", allow_http=True) is Reason.ADDRESS


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://client.example", "https://client.example/"),
        ("HTTPS://Client.Example:443/A?b=c", "https://client.example/A?b=c"),
        ("https://client.example:8443?q", "https://client.example:8443/?q"),
        ("https://[2606:4700::0001]/", "https://[2606:4700::1]/"),
    ],
)
@pytest.mark.spec("RFC 3986", "6.2.2")
def test_equivalent_urls_have_one_spelling(url: str, normal: str) -> None:
    assert str(Target.parse(url)) == normal


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "168.63.129.16",
        "169.254.169.254", "172.31.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
        "192.168.1.1", "198.19.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
        "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1",
        "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_no_special_address_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "100.63.0.1", "172.32.0.1", "2606:4700::1", "64:ff9b::101:101",
     "::ffff:1.1.1.1"],
)  # fmt: skip
def test_global_unicast_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_no_address_that_python_calls_private_is_public(
    address: IPv4Address | IPv6Address,
) -> None:
    special = address.is_private or address.is_multicast or address.is_loopback
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        special = not is_public(address.ipv4_mapped)
    assert not (special and is_public(address))


@given(st.ip_addresses(v=4))
def test_an_embedded_ipv4_address_decides_whether_an_address_is_public(
    inner: IPv4Address,
) -> None:
    number = int(inner)
    embedding = [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
    ]
    assert {is_public(address) for address in embedding} == {is_public(inner)}
    assert not is_public(IPv6Address(0x2002 << 112 | number << 80))  # 6to4


_NEARLY_URLS = st.from_regex(
    r"https?:/{0,3}[^/]{0,30}(:[0-9]{0,6})?(/[^\n]{0,20})?", fullmatch=True
)

_GOOD_URLS = st.from_regex(
    r"https?://[A-Za-z0-9]{1,9}\.[a-z]{1,9}(:[1-9][0-9]{3})?(/[a-z]{0,9})?(\?[a-z=]*)?",
    fullmatch=True,
)


@given(st.text() | _NEARLY_URLS)
def test_every_text_is_refused_without_contacting_private_networks(
    url: str,
) -> None:
    assert refusal_reason(url, allow_http=True) in set(Reason) - {
        Reason.CONNECT, Reason.TLS, Reason.TIMEOUT, Reason.PROTOCOL, Reason.STATUS
    }  # fmt: skip


@given(_GOOD_URLS | _NEARLY_URLS)
def test_normalizing_a_url_is_idempotent(url: str) -> None:
    try:
        target = Target.parse(url, allow_http=True)
    except FetchError:
        return
    assert Target.parse(str(target), allow_http=True) == target
    assert str(target).isascii()
