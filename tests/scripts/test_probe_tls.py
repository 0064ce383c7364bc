"""`pyramid-oauth check --probe` over TLS: versions, certificates, redirects, HSTS."""

from __future__ import annotations

import json
import socket
import ssl
import warnings
from datetime import UTC, datetime

import pytest
import trustme

from tests.scripts.test_server_probe import probe
from tests.support.servers import Server, build_response

TLS = "RFC 9325"
WELL_KNOWN = "/.well-known/oauth-authorization-server"
PINNED = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
V = ssl.TLSVersion
CURRENT = (V.TLSv1_2, V.TLSv1_3)


class TLSSite:
    """A server with metadata, whose TLS, headers and redirects the test chooses."""

    def __init__(
        self, authority, host="localhost", versions=CURRENT, accept=None, **more
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host, **more).configure_cert(context)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = versions
        self.server = Server(accept(context) if accept else context)
        self.server.handler = self._answer
        self.issuer = f"https://localhost:{self.server.port}"
        self.headers, self.redirects = PINNED, {}
        self.metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _answer(self, peer, request):
        path = request.split(b" ")[1].decode().partition("?")[0]
        status, headers, document = "400 Bad Request", {"Cache-Control": "no-store"}, {}
        if path in self.redirects:
            status, place = self.redirects[path]
            headers = {"Location": f"{self.issuer}{place}"}
        elif path == WELL_KNOWN:
            status, document = "200 OK", self.metadata
        peer.sendall(
            build_response(
                json.dumps(document).encode(), status, {**headers, **self.headers}
            )
        )


@pytest.fixture
def new_tls_site(monkeypatch, tmp_path):
    """A function that starts a site of which the probe trusts the authority."""
    authority, started = trustme.CA(), []
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    def new(other=None, **options):
        started.append(TLSSite(other or authority, **options))
        return started[-1]

    yield new
    for site in started:
        site.server.close()


def seen(site):
    return {each["number"]: each["text"] for each in probe(site.issuer)[0]}


def test_a_site_with_current_tls_has_no_finding(new_tls_site):
    assert seen(new_tls_site()) == {}


@pytest.mark.spec(TLS, "3.1.1")
@pytest.mark.parametrize(
    ("versions", "text"),
    [
        ((V.TLSv1_2, V.TLSv1_2), "TLS 1.3 is not offered"),
        ((V.TLSv1_1, V.TLSv1_3), "TLS 1.1 or older is accepted"),
        ((V.TLSv1, V.TLSv1_3), "TLS 1.1 or older is accepted"),
    ],
    ids=["1.2 alone", "from 1.1", "from 1.0"],
)
def test_versions_that_are_outdated_or_missing_are_found(new_tls_site, versions, text):
    assert seen(new_tls_site(versions=versions)) == {"P607": text}


class Dropping:
    """A TLS context that never answers whoever knows 1.1 at most, as some servers."""

    def __init__(self, context):
        self._context = context

    def wrap_socket(self, peer, server_side):
        hello = peer.recv(11, socket.MSG_PEEK | socket.MSG_WAITALL)
        while hello[9:] < b"\x03\x03" and peer.recv(4096):
            pass
        return self._context.wrap_socket(peer, server_side=server_side)


@pytest.mark.slow
@pytest.mark.spec(TLS, "3.1.1")
def test_a_site_that_drops_outdated_versions_has_no_finding(new_tls_site, monkeypatch):
    monkeypatch.setattr("pyramid_oauth.scripts.probe.client.TIMEOUT", 3.0)
    assert seen(new_tls_site(accept=Dropping)) == {}


@pytest.mark.spec("RFC 6797", "6.1")
@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "there is no Strict-Transport-Security"),
        ({"Strict-Transport-Security": "max-age=0"}, "ends at once"),
        ({"Strict-Transport-Security": "includeSubDomains"}, "ends at once"),
    ],
    ids=str,
)
def test_a_site_that_browsers_reach_without_tls_is_found(new_tls_site, headers, text):
    site = new_tls_site()
    site.headers = headers
    found = seen(site)
    assert found.keys() == {"P606"}
    assert text in found["P606"]


@pytest.mark.spec(TLS, "7.1")
@pytest.mark.parametrize(
    "options",
    [
        {"host": "other.example"},
        {"not_after": datetime(2020, 1, 2, tzinfo=UTC)},
        {"other": trustme.CA()},
    ],
    ids=["another host", "expired", "another authority"],
)
def test_a_certificate_that_clients_refuse_is_found(new_tls_site, options):
    site = new_tls_site(**options)
    found, code = probe(site.issuer)
    assert code == 1
    assert {each["number"] for each in found} == {"P601"}
    assert "the TLS handshake failed (certificate" in found[0]["text"]
    # That of the handshakes, which has nothing to hide.
    assert {each.split(b" ")[0] for each in site.server.requests} <= {b"HEAD"}


def test_metadata_behind_a_redirect_are_not_found(new_tls_site):
    site = new_tls_site()
    site.redirects = {WELL_KNOWN: ("301 Moved", "/elsewhere")}
    found = seen(site)
    assert found.keys() == {"P601"}
    assert "the status is 301" in found["P601"]


@pytest.mark.spec("RFC 9700", "4.12")
@pytest.mark.parametrize("status", ["301 Moved", "307 Temporary", "308 Permanent"])
def test_an_endpoint_that_redirects_credentials_is_found(new_tls_site, status):
    site = new_tls_site()
    site.redirects = {"/token": (status, "/elsewhere")}
    found = seen(site)
    assert "/elsewhere" in found.pop("P708")
    assert found.keys() <= {"P702"}
