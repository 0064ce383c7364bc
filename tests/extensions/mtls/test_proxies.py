"""Headers about the certificate, and whose are believed (RFC 9440 section 4)."""

from __future__ import annotations

import pytest

from tests.extensions.mtls.test_tokens import redeem
from tests.support.certificates import certificate
from tests.support.secret import SECRET

HEADER = "RFC 9440"
OWN = certificate()
FORMATS = {
    "rfc9440:Client-Cert": ("Client-Cert", OWN.client_cert),
    "escaped_pem:X-Cert": ("X-Cert", OWN.escaped_pem),
    "base64_der:X-Cert": ("X-Cert", OWN.client_cert.strip(":")),
    "xfcc:X-Forwarded-Client-Cert": (
        "X-Forwarded-Client-Cert",
        f'By=spiffe://a/b;Hash=0a;Cert="{OWN.escaped_pem}";Subject="CN=a,O=\\"b;"',
    ),
}
METADATA = {"tls_client_auth_san_dns": "client.example"}
ELSEWHERE = "192.0.2.9"


@pytest.fixture
def new_proxied_host(new_mtls_host, register_tls_client):
    def new(source="rfc9440:Client-Cert", **settings):
        names = {
            "mtls_certificate_sources": source,
            "mtls_trusted_proxies": "127.0.0.1 10.0.0.0/8",
            "mtls_verified_by": "header:X-Verify",
            **settings,
        }
        host = new_mtls_host(**names)
        register_tls_client(host, **METADATA)
        return host

    return new


def ask(host, headers, address="127.0.0.1"):
    form = {"grant_type": "client_credentials", "scope": "read", "client_id": "web"}
    browser = host.browser()
    if address is not None:
        browser.extra_environ["REMOTE_ADDR"] = address
    headers = {"X-Verify": "SUCCESS", **headers}
    return browser.post("/oauth/token", form, headers=headers, status="*")


@pytest.mark.spec(HEADER, "2.2")
@pytest.mark.spec(HEADER, "4")
@pytest.mark.parametrize("source", FORMATS)
def test_a_trusted_proxy_passes_the_certificate_on(new_proxied_host, source):
    host = new_proxied_host(source)
    headers = dict([FORMATS[source]])
    for address in ("127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3"):
        assert ask(host, headers, address).status_int == 200, address
    for address in (ELSEWHERE, "::1", "", "localhost", "2001:db8::1"):
        answer = ask(host, headers, address)
        assert answer.status_int == 401, address
        assert answer.json["error"] == "invalid_client"


def test_the_result_of_the_verification_is_that_of_the_proxy(new_proxied_host):
    host = new_proxied_host()
    headers = dict([FORMATS["rfc9440:Client-Cert"]])
    for value, status in (("0", 200), ("FAILED:expired", 401), ("", 401)):
        answer = ask(host, {**headers, "X-Verify": value})
        assert answer.status_int == status, value


def test_a_secret_of_the_proxy_is_needed_too(new_proxied_host):
    host = new_proxied_host(mtls_proxy_secret=SECRET)
    headers = dict([FORMATS["rfc9440:Client-Cert"]])
    secret = {"X-MTLS-Proxy-Secret": SECRET}
    assert ask(host, {**headers, **secret}).status_int == 200
    assert ask(host, headers).status_int == 401
    assert ask(host, {**headers, "X-MTLS-Proxy-Secret": "\xff"}).status_int == 401
    assert ask(host, {**headers, **secret}, ELSEWHERE).status_int == 401


def test_the_secret_alone_is_enough_behind_a_unix_socket(new_proxied_host):
    host = new_proxied_host(mtls_proxy_secret=SECRET, mtls_trusted_proxies="")
    headers = dict([FORMATS["rfc9440:Client-Cert"]])
    secret = {"X-MTLS-Proxy-Secret": SECRET}
    assert ask(host, {**headers, **secret}, "").status_int == 200
    assert ask(host, headers, "").status_int == 401


MALFORMED = {
    "two headers": f"{OWN.client_cert}, {OWN.client_cert}",
    "no byte sequence": OWN.client_cert.strip(":"),
    "no base64": ":%%%%:",
    "not ASCII": ":\xe4\xe4\xe4\xe4:",
    "no certificate": ":AAAA:",
    "huge": f":{'A' * 20000}:",
    "cut off": f"{OWN.client_cert[:400]}:",
    "more behind it": f"{OWN.client_cert[:-1].rstrip('=')}AAAA:",
}


@pytest.mark.spec(HEADER, "2.1")
@pytest.mark.spec(HEADER, "2.2")
@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_certificate_is_refused_with_its_reason(new_proxied_host, case):
    host = new_proxied_host()
    answer = ask(host, {"Client-Cert": MALFORMED[case]})
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    described = answer.json["error_description"]
    assert "client certificate" in described or "Client-Cert" in described


def test_a_malformed_certificate_binds_no_token(new_mtls_host):
    host = new_mtls_host()
    client = host.register_client()
    host.set_client_metadata(tls_client_certificate_bound_access_tokens=True)

    class Broken:
        pem = "-----BEGIN CERTIFICATE-----"

    answer = redeem(host, client, Broken(), 400)
    assert answer.json["error"] == "invalid_request"
    assert "not in PEM" in answer.json["error_description"]


@pytest.mark.spec(HEADER, "2.1")
def test_padding_may_be_missing(new_proxied_host):
    found = next(
        each for each in map(certificate, range(99)) if "=" in each.client_cert
    )
    value = found.client_cert.replace("=", "")
    assert ask(new_proxied_host(), {"Client-Cert": value}).status_int == 200


BOTH = {
    "mtls_certificate_sources": "environ:SSL_CLIENT_CERT rfc9440:Client-Cert",
    "mtls_trusted_proxies": "127.0.0.1",
}
BY_HEADER = "rfc9440:client-cert = header:X-Verify"
BY_VARIABLE = "environ:SSL_CLIENT_CERT = environ:SSL_CLIENT_VERIFY"


@pytest.mark.spec("RFC 8705", "7.4")
@pytest.mark.parametrize(
    ("verified_by", "passes"),
    [
        (BY_HEADER, {"header"}),
        (BY_VARIABLE, {"variable"}),
        (f"{BY_VARIABLE}\n{BY_HEADER}", {"header", "variable"}),
    ],
)
def test_a_result_counts_for_the_certificate_of_its_own_source(
    new_mtls_host, register_tls_client, verified_by, passes
):
    host = new_mtls_host(**BOTH, mtls_verified_by=verified_by)
    register_tls_client(host, **METADATA)
    form = {"grant_type": "client_credentials", "scope": "read", "client_id": "web"}

    def request_token(headers, environ):
        browser = host.browser()
        browser.extra_environ |= {"REMOTE_ADDR": "127.0.0.1", **environ}
        answer = browser.post("/oauth/token", form, headers=headers, status="*")
        return answer.status_int == 200

    by_header = {"Client-Cert": OWN.client_cert}
    by_variable = {"SSL_CLIENT_CERT": OWN.pem}
    verify, verified = {"X-Verify": "SUCCESS"}, {"SSL_CLIENT_VERIFY": "SUCCESS"}
    assert request_token({**by_header, **verify}, {}) is ("header" in passes)
    assert request_token({}, by_variable | verified) is ("variable" in passes)
    # What the other connection proved is worth nothing.
    assert request_token(by_header, verified) is False
    assert request_token(verify, by_variable) is False
