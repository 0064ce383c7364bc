"""The documented programs in front: real handshakes, aliases, forged headers."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    TLSCertificate,
    VerifierUnavailable,
    require_certificate,
)
from pyramid_oauth.resource.verify import certificates as verify_certificates
from tests.resource.verify.test_settings import get as call_with
from tests.resource.verify.test_settings import make_api
from tests.scripts.test_server_probe import probe
from tests.support.certificates import MTLS, ClientCertificate
from tests.support.dpop import ProofSigner
from tests.support.host import CALLBACK
from tests.support.tls_terminators import Machine

pytestmark = pytest.mark.slow


def assert_refused(answer):
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


BOUND = {"tls_client_certificate_bound_access_tokens": True}
UNBOUND = {"tls_client_auth_san_dns": "client.example"}
BY_AUTHORITY = {**UNBOUND, **BOUND}


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


def test_a_program_introspects_by_its_certificate(
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


SELF_SIGNED = "self_signed_tls_client_auth"


@pytest.mark.parametrize("method", ["tls_client_auth", SELF_SIGNED])
def test_an_api_introspects_by_the_certificate_of_its_settings(
    proxied, new_machine, register_tls_client, issued, tmp_path, method
):
    own = issued if method != SELF_SIGNED else ClientCertificate()
    named = {"jwks": own.jwks} if method == SELF_SIGNED else UNBOUND
    register_tls_client(proxied.host, method, **named)
    token = new_machine(own).ask().json()["access_token"]
    for name, found in {"own": own, "other": ClientCertificate()}.items():
        (tmp_path / f"{name}.pem").write_text(found.pem)
        (tmp_path / f"{name}.key").write_bytes(found.key_pem)

    def call(name, status):
        api = make_api(
            token_verifiers="introspection",
            introspection_endpoint=f"{proxied.alias}/oauth/introspect",
            introspection_client_id="web",
            introspection_auth_method=method,
            introspection_certificate_file=str(tmp_path / f"{name}.pem"),
            introspection_certificate_key_file=str(tmp_path / f"{name}.key"),
            outbound_ca_file=proxied.ca,
        )
        return call_with(api, token, status)

    assert call("own", 200).json["client"] == "web"
    call("other", 503)


def test_the_probe_finds_nothing_and_pushes_by_the_certificate(
    proxied, register_tls_client, issued, tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", proxied.ca)
    register_tls_client(proxied.host, **UNBOUND)
    (tmp_path / "web.pem").write_text(issued.pem + issued.key_pem.decode())
    issuer = f"{proxied.origin}/oauth"
    client = ("--client-id", "web", "--redirect-uri", CALLBACK)
    by_certificate = ("--client-certificate", str(tmp_path / "web.pem"))
    assert probe(issuer, *client, *by_certificate) == ([], 0)
    found, _ = probe(issuer, *client)
    assert {each["number"] for each in found} == {"P723"}


@pytest.mark.spec(MTLS, "7.4")
def test_a_revoked_certificate_authenticates_nobody(
    new_proxied, tmp_path, client_authority, issued, register_tls_client
):
    revoked = ClientCertificate(issuer=client_authority)
    (tmp_path / "clients.crl").write_bytes(revoke(client_authority, revoked))
    proxied = new_proxied(has_revocation_list=True)
    register_tls_client(proxied.host, **UNBOUND)
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
    good = Machine(proxied, tmp_path / "good", issued)
    assert good.ask().status_code == 200
    url = good.find_token_endpoint()
    bad = Machine(proxied, tmp_path / "bad", revoked)
    try:
        answer = bad.ask(url)
    except requests.ConnectionError:
        return  # Apache ends the handshake
    # nginx has a page of its own.
    assert answer.status_code == (400 if "nginx" in answer.text else 401)
    assert "access_token" not in answer.text


def revoke(authority, found):
    """The list of an authority that has revoked one certificate."""
    begin = datetime(2026, 1, 2, tzinfo=UTC)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(found.certificate.serial_number)
        .revocation_date(begin)
        .build()
    )
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(begin)
        .next_update(datetime(2120, 1, 1, tzinfo=UTC))
        .add_revoked_certificate(entry)
        .sign(authority.key, hashes.SHA256())
    )
    return revoked.public_bytes(Encoding.PEM)


def test_headers_of_a_client_are_dropped(
    proxied, new_machine, register_tls_client, issued
):
    register_tls_client(proxied.host, **BY_AUTHORITY)
    token = new_machine(issued).ask().json()["access_token"]
    nobody = new_machine()
    for first, second in ("--", "__", "-_", "_-"):
        forged = {
            f"X{first}Client{second}Cert": issued.escaped_pem,
            f"X{first}Client{second}Verify": "SUCCESS",
        }
        for origin in (proxied.origin, proxied.alias):
            assert_refused(nobody.ask(f"{origin}/oauth/token", forged))
            assert nobody.call(token, origin, **forged).status_code == 401


@pytest.mark.spec(MTLS, "2.2")
def test_a_self_signed_certificate_passes(proxied, new_machine, register_tls_client):
    own = ClientCertificate()
    register_tls_client(proxied.host, SELF_SIGNED, jwks=own.jwks, **BOUND)
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
