"""Certificate-bound tokens at a resource server that runs alone (RFC 8705)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests
import trustme
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.resource.verify import (
    ClientCertificate,
    MalformedCertificate,
    require_certificate,
    require_unbound,
)
from tests.resource.memory_host import ResourceHost, whoami
from tests.support.certificates import MTLS, certificate, over_tls
from tests.support.examples import at_most
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

OWN, OTHER = certificate(), certificate(1)
READERS = (
    ClientCertificate.from_pem,
    ClientCertificate.from_base64,
    ClientCertificate.from_client_cert,
    ClientCertificate.from_forwarded,
)


def protect_vault(config):
    config.include("pyramid_oauth.resource.mtls")
    config.add_route("vault", "/vault")
    config.add_view(
        whoami, route_name="vault", oauth_scopes="read", oauth_sender_constrained=True
    )


def make_api(thumbprint=OWN.thumbprint, **changes):
    host = ResourceHost()
    host.verifier.tokens["bound"] = TokenIdentity(
        client_id="app", scope="read", claims={"cnf": {"x5t#S256": thumbprint}}
    )
    return host.app(protect_vault, **changes)


def call(api, token="bound", environ=None, path="/vault", **headers):
    headers["Authorization"] = f"Bearer {token}"
    return api.get(path, headers=headers, extra_environ=environ or {}, status="*")


@pytest.mark.spec(MTLS, "3")
def test_a_bound_token_is_accepted_over_the_connection_of_its_certificate():
    api = make_api()
    assert call(api, environ=over_tls(OWN, None)).status_int == 200
    for environ in (over_tls(OTHER), {}, {"SSL_CLIENT_CERT": "x"}):
        for path in ("/vault", "/me"):
            answer = call(api, environ=environ, path=path)
            assert answer.status_int == 401
            assert answer.json["error"] == "invalid_token"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unbound_token_is_accepted_where_it_need_not_be_bound():
    api, environ = make_api(), over_tls(OWN)
    assert call(api, "read", environ, "/me").status_int == 200
    assert call(api, "read", environ, "/vault").status_int == 401


@pytest.mark.parametrize("value", [None, "", 4, [OWN.thumbprint], {}])
def test_a_strange_thumbprint_is_never_proven(value):
    assert call(make_api(value), environ=over_tls(OWN)).status_int == 401


def test_only_the_trusted_proxy_is_believed():
    api = make_api(
        mtls_certificate_sources="rfc9440:Client-Cert", mtls_trusted_proxies="10.0.0.1"
    )
    headers = {"Client-Cert": OWN.client_cert}
    inside, outside = {"REMOTE_ADDR": "10.0.0.1"}, {"REMOTE_ADDR": "10.0.0.2"}
    assert call(api, environ=inside, **headers).status_int == 200
    assert call(api, environ=outside, **headers).status_int == 401
    assert call(api, environ=over_tls(OWN) | inside).status_int == 401


class Connection:
    """A TLS connection as Python's `ssl` has it."""

    def __init__(self, der, error=None):
        self.der, self.error = der, error

    def getpeercert(self, binary_form):
        assert binary_form
        if self.error:
            raise self.error
        return self.der


def test_the_certificate_is_that_of_the_connection_of_gunicorn():
    api = make_api(mtls_certificate_sources="socket:gunicorn.socket")
    for connection, status in (
        (Connection(OWN.der), 200),
        (Connection(None), 401),
        (Connection(None, OSError()), 401),
        (Connection(None, ValueError()), 401),
        (object(), 401),
        (Connection(b"x"), 401),
    ):
        answer = call(api, environ={"gunicorn.socket": connection})
        assert answer.status_int == status


@pytest.mark.spec(MTLS, "3")
def test_a_program_without_pyramid_checks_the_certificate():
    bound = TokenIdentity(client_id="app", claims={"cnf": {"x5t#S256": OWN.thumbprint}})
    require_certificate(bound, ClientCertificate.from_pem(OWN.pem))
    require_certificate(TokenIdentity(client_id="app"), None)
    for found in (None, ClientCertificate.from_pem(OTHER.pem)):
        with pytest.raises(InvalidToken):
            require_certificate(bound, found)


@pytest.mark.spec("RFC 7800", "3.1")
@pytest.mark.parametrize("further", [{"jkt": "key"}, {"unknown": 1}])
def test_a_program_without_pyramid_accepts_no_key_that_nobody_proves(further):
    both = {"cnf": {"x5t#S256": OWN.thumbprint, **further}}
    for claims in (both, {"cnf": further}):
        bound = TokenIdentity(client_id="app", claims=claims)
        with pytest.raises(InvalidToken):
            require_certificate(bound, ClientCertificate.from_pem(OWN.pem))
        with pytest.raises(InvalidToken):
            require_unbound(bound)
    require_unbound(TokenIdentity(client_id="app"))


def test_it_needs_no_pyramid():
    code = (
        "import sys; import pyramid_oauth.resource.verify as verify; "
        "verify.require_certificate; "
        "assert not {'pyramid', 'sqlalchemy', 'oauthlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


ENCODED = st.sampled_from(
    [OWN.pem, OWN.escaped_pem, OWN.client_cert, f'Cert="{OWN.escaped_pem}"']
)


@st.composite
def broken_values(draw):
    """A valid value with a slice replaced."""
    text = draw(ENCODED)
    begin = draw(st.integers(0, len(text)))
    end = draw(st.integers(begin, min(begin + 20, len(text))))
    return text[:begin] + draw(st.text(max_size=20)) + text[end:]


@settings(max_examples=at_most(300))
@given(value=broken_values() | st.text() | ENCODED)
def test_whatever_a_header_has_is_the_certificate_or_malformed(value):
    for read in READERS:
        try:
            found = read(value)
        except MalformedCertificate:
            continue
        assert found.der
        assert len(found.thumbprint) == 43


@settings(max_examples=at_most(200))
# A serial number below zero, of which `cryptography` warns.
@example(position=15, byte=128, cut=0)
@given(
    position=st.integers(0, len(OWN.der) - 1),
    byte=st.integers(0, 255),
    cut=st.integers(0, 40),
)
def test_no_certificate_is_an_error_of_the_api(position, byte, cut):
    der = OWN.der[:position] + bytes([byte]) + OWN.der[position + 1 :]
    environ = {"SSL_CLIENT_CERT": der[: len(der) - cut]}
    answer = call(API, environ=environ)
    assert answer.status_int == (200 if der == OWN.der and not cut else 401)


API = make_api()


def make_gunicorn_api(thumbprint):
    """The application that gunicorn loads."""
    return make_api(thumbprint, mtls_certificate_sources="socket:gunicorn.socket").app


@pytest.fixture
def gunicorn_url(tmp_path):
    """gunicorn, which ends TLS itself and asks for a certificate."""
    server = trustme.CA()
    server_certificate = server.issue_cert("localhost")
    server.cert_pem.write_to_path(tmp_path / "ca.pem")
    server_certificate.private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "server.pem"
    )
    (tmp_path / "clients.pem").write_text(OWN.pem)
    (tmp_path / "own.pem").write_text(OWN.pem + OWN.key_pem.decode())
    port = free_port()
    application = f"tests.resource.test_mtls:make_gunicorn_api('{OWN.thumbprint}')"
    options = {
        "bind": f"127.0.0.1:{port}",
        "certfile": tmp_path / "server.pem",
        "keyfile": tmp_path / "server.pem",
        "ca-certs": tmp_path / "clients.pem",
        "cert-reqs": 1,
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", application),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        cwd=Path(__file__).parents[2],
    )
    try:
        wait_until(lambda: is_listening(port), 20)
        yield f"https://localhost:{port}/vault"
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.slow
@pytest.mark.spec(MTLS, "6.2")
def test_gunicorn_ends_tls_itself(gunicorn_url, tmp_path):
    session = requests.Session()
    session.trust_env, session.verify = False, str(tmp_path / "ca.pem")
    session.headers["Authorization"] = "Bearer bound"
    assert session.get(gunicorn_url).status_code == 401
    found = session.get(gunicorn_url, cert=str(tmp_path / "own.pem"))
    assert found.status_code == 200
