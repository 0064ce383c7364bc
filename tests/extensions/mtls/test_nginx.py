"""The documented nginx in front: real handshakes, aliases, forged headers."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from types import SimpleNamespace
from wsgiref.simple_server import make_server

import pytest
import requests
import trustme
from cryptography import x509
from cryptography.x509.oid import NameOID

from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    TLSCertificate,
    VerifierUnavailable,
    require_certificate,
)
from pyramid_oauth.resource.verify import certificates as verify_certificates
from tests.extensions.mtls.conftest import include_mtls
from tests.support.certificates import MTLS, ClientCertificate
from tests.support.dpop import ProofSigner
from tests.support.nginx import Nginx
from tests.support.ports import free_port
from tests.support.wsgi import QuietHandler

pytestmark = pytest.mark.slow
CONFIGURATION = Path(__file__).parents[3] / "docs/examples/mtls_nginx.conf"
SETTINGS = {
    "mtls_certificate_sources": "escaped_pem:X-Client-Cert",
    "mtls_verified_by": "header:X-Client-Verify",
    "mtls_trusted_proxies": "127.0.0.1",
}
AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])


@pytest.fixture
def client_authority():
    return ClientCertificate(AUTHORITY, (), is_authority=True)


@pytest.fixture
def proxied(tmp_path, new_mtls_host, client_authority):
    """The host behind nginx, with the URLs of both servers and their authority."""
    tls = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    tls.cert_pem.write_to_path(ca_file)
    (tmp_path / "clients.pem").write_text(client_authority.pem)
    port, target = free_port(), free_port()
    block = CONFIGURATION.read_text()
    block = block.replace("listen 8443", f"listen 127.0.0.1:{port}")
    block = block.replace("/etc/ssl/clients.pem", str(tmp_path / "clients.pem"))
    nginx = Nginx(
        tmp_path, tls, block, "as.example.org", "127.0.0.1:8000", target=target
    )
    origin, alias = (f"https://localhost:{each}" for each in (nginx.port, port))

    def configure(config):
        include_mtls(config)
        config.include("pyramid_oauth.extensions.dpop")

    host = new_mtls_host(
        configure,
        issuer=f"{origin}/oauth",
        mtls_url=alias,
        dpop_base_urls=alias,
        **SETTINGS,
    )
    server = make_server("127.0.0.1", target, host.wsgi, handler_class=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(host=host, origin=origin, alias=alias, ca=str(ca_file))
    nginx.close()
    server.shutdown()
    server.server_close()
    thread.join(10)


class Machine:
    """A client that calls over TLS with its certificate."""

    def __init__(self, proxied, folder, found=None):
        self.proxied = proxied
        self.session = requests.Session()
        self.session.verify = proxied.ca
        self.session.trust_env = False
        if found is not None:
            (folder / "client.pem").write_text(found.pem)
            (folder / "client.key").write_bytes(found.key_pem)
            self.session.cert = (
                str(folder / "client.pem"),
                str(folder / "client.key"),
            )

    def find_token_endpoint(self):
        path = "/.well-known/oauth-authorization-server/oauth"
        document = self.session.get(self.proxied.origin + path).json()
        return document["mtls_endpoint_aliases"]["token_endpoint"]

    def ask(self, url=None, headers=None, **more):
        form = {"grant_type": "client_credentials", "scope": "read", "client_id": "web"}
        url = url or self.find_token_endpoint()
        return self.session.post(url, {**form, **more}, headers=headers)

    def call(self, token, origin=None, scheme="Bearer", **headers):
        headers["Authorization"] = f"{scheme} {token}"
        return self.session.get(
            f"{origin or self.proxied.alias}/vault", headers=headers
        )


def assert_refused(answer):
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.fixture
def new_machine(proxied, tmp_path_factory):
    return lambda found=None: Machine(proxied, tmp_path_factory.mktemp("tls"), found)


@pytest.fixture
def issued(client_authority):
    return ClientCertificate(issuer=client_authority)


BOUND = {"tls_client_certificate_bound_access_tokens": True}
BY_AUTHORITY = {"tls_client_auth_san_dns": "client.example", **BOUND}


@pytest.mark.spec(MTLS, "5")
def test_a_client_authenticates_at_the_alias_and_its_token_is_bound(
    proxied, new_machine, register_tls_client, client_authority, issued
):
    register_tls_client(proxied.host, **BY_AUTHORITY)
    machine, nobody = new_machine(issued), new_machine()
    stranger = new_machine(ClientCertificate(issuer=client_authority, names=()))
    forger = new_machine(ClientCertificate())
    answer = machine.ask()
    assert answer.status_code == 200
    token = answer.json()["access_token"]
    assert machine.call(token).status_code == 200
    for other in (nobody, stranger, forger):
        assert_refused(other.ask())
        assert other.call(token).json()["error"] == "invalid_token"
    assert machine.call(token, proxied.origin).status_code == 401
    url = f"{proxied.alias}/oauth/introspect"
    found = machine.ask(url, token=token).json()
    assert found["cnf"] == {"x5t#S256": issued.thumbprint}


def test_an_api_introspects_by_its_certificate(
    proxied, new_machine, register_tls_client, issued, tmp_path
):
    register_tls_client(proxied.host, **BY_AUTHORITY)
    token = new_machine(issued).ask().json()["access_token"]
    (tmp_path / "api.pem").write_text(issued.pem + issued.key_pem.decode())
    context = ssl.create_default_context(cafile=proxied.ca)
    endpoint = f"{proxied.alias}/oauth/introspect"

    def verify():
        credentials = TLSCertificate("web")
        api = Introspection(credentials, endpoint=endpoint, ssl_context=context)
        return api.verify(token)

    with pytest.raises(VerifierUnavailable):
        verify()
    context.load_cert_chain(tmp_path / "api.pem")
    identity = verify()
    require_certificate(
        identity, verify_certificates.ClientCertificate.from_pem(issued.pem)
    )
    with pytest.raises(InvalidToken):
        require_certificate(identity, None)


def test_headers_of_a_client_are_dropped(
    proxied, new_machine, register_tls_client, issued
):
    register_tls_client(proxied.host, **BY_AUTHORITY)
    token = new_machine(issued).ask().json()["access_token"]
    nobody = new_machine()
    for separator in "-_":
        forged = {
            separator.join(("X", "Client", "Cert")): issued.escaped_pem,
            separator.join(("X", "Client", "Verify")): "SUCCESS",
        }
        for origin in (proxied.origin, proxied.alias):
            assert_refused(nobody.ask(f"{origin}/oauth/token", forged))
            assert nobody.call(token, origin, **forged).status_code == 401


@pytest.mark.spec(MTLS, "2.2")
def test_a_self_signed_certificate_passes(proxied, new_machine, register_tls_client):
    own = ClientCertificate()
    method = "self_signed_tls_client_auth"
    register_tls_client(proxied.host, method, jwks=own.jwks, **BOUND)
    machine = new_machine(own)
    token = machine.ask().json()["access_token"]
    assert machine.call(token).status_code == 200
    assert_refused(new_machine(ClientCertificate()).ask())


def test_dpop_over_mutual_tls_has_the_alias_as_htu(
    proxied, new_machine, register_tls_client, issued
):
    register_tls_client(proxied.host, tls_client_auth_san_dns="client.example")
    signer, machine = ProofSigner(), new_machine(issued)
    proof = signer.sign("POST", machine.find_token_endpoint())
    answer = machine.ask(headers={"DPoP": proof}).json()
    assert answer["token_type"] == "DPoP"
    token, nobody = answer["access_token"], new_machine()
    for caller, origin in ((nobody, proxied.origin), (machine, proxied.alias)):
        proof = signer.sign("GET", f"{origin}/vault", token)
        assert caller.call(token, origin, "DPoP", DPoP=proof).status_code == 200
