"""FAPI 2.0 modules about what is published: metadata, keys, and TLS itself."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import pytest

from tests.oidf.fapi2_variants import MTLS, each_flow, run_with
from tests.oidf.jose import decode_base64url

pytestmark = pytest.mark.slow

ALGORITHMS = {"PS256", "ES256", "EdDSA", "Ed25519"}
DROPPED = (ConnectionResetError, ssl.SSLError)
ALLOWED = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")
REFUSED = (
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256",
    "AES128-GCM-SHA256",
)


@each_flow
@pytest.mark.module("fapi2-security-profile-final-discovery-end-point-verification")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_the_metadata_is_what_the_plan_wants(fapi2_run):
    found, variant = fapi2_run.metadata, fapi2_run.variant
    assert found["response_types_supported"] == ["code"]
    assert found["require_pushed_authorization_requests"] is True
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    grants = {"authorization_code", "refresh_token", "client_credentials"}
    assert set(found["grant_types_supported"]) == grants
    methods = {"private_key_jwt", "tls_client_auth"}
    assert methods <= set(found["token_endpoint_auth_methods_supported"])
    assert found["tls_client_certificate_bound_access_tokens"] is True
    if variant.is_openid:
        assert "openid" in found["scopes_supported"]
        assert found["subject_types_supported"]
    if variant.is_jarm:
        assert "jwt" in found["response_modes_supported"]
    if variant.is_rar:
        wanted = fapi2_run.configuration["resource"]["richAuthorizationRequest"]
        types = {detail["type"] for detail in wanted}
        assert types <= set(found["authorization_details_types_supported"])


@each_flow
@pytest.mark.module("fapi2-security-profile-final-discovery-end-point-verification")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
def test_each_signature_may_be_of_an_algorithm_of_the_profile(fapi2_run):
    found, variant = fapi2_run.metadata, fapi2_run.variant
    names = ["token_endpoint_auth_", "dpop_"]
    names += ["id_token_", "userinfo_"] if variant.is_openid else []
    names += ["request_object_"] if variant.is_signed else []
    names += ["authorization_"] if variant.is_jarm else []
    for name in names:
        assert ALGORITHMS & set(found[f"{name}signing_alg_values_supported"]), name
    for key in fapi2_run.http.get(found["jwks_uri"]).json()["keys"]:
        assert key["kid"]
        assert key["alg"] in ALGORITHMS
        assert not key.keys() & {"d", "p", "q", "k"}
        assert len(decode_base64url(key["n" if key["kty"] == "RSA" else "x"])) >= 32


@run_with(MTLS)
@pytest.mark.module("fapi2-security-profile-final-discovery-end-point-verification")
@pytest.mark.spec("RFC 8705", "5")
def test_an_alias_stands_for_an_endpoint_of_the_metadata(fapi2_run):
    found = fapi2_run.metadata
    endpoints = {name for name in found if name.endswith("_endpoint")}
    assert all(found[name].startswith("https://") for name in endpoints)
    aliases = found["mtls_endpoint_aliases"]
    assert aliases.keys() <= endpoints - {"authorization_endpoint"}
    for name in ("token_endpoint", "pushed_authorization_request_endpoint"):
        assert urlsplit(aliases[name]).netloc != urlsplit(found[name]).netloc


def shake_hands(url, ca_file, change):
    """The version and the cipher of a handshake with the host of `url`."""
    place = urlsplit(url)
    context = ssl.create_default_context(cafile=ca_file)
    change(context)
    with (
        socket.create_connection((place.hostname, place.port), 10) as plain,
        context.wrap_socket(plain, server_hostname=place.hostname) as secure,
    ):
        return secure.version(), secure.cipher()[0]


def offer(cipher):
    """Change a context to one cipher of TLS 1.2."""

    def change(context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(cipher)

    return change


def offer_old(context):
    # Clients of today refuse these by themselves.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1


@run_with(MTLS)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.module("fapi2-security-profile-final-ensure-holder-of-key-required")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.2.2")
def test_only_the_recommended_ciphers_and_versions_are_spoken(fapi2_run):
    found, ca_file = fapi2_run.metadata, fapi2_run.ca_file
    for url in (
        found["token_endpoint"],
        found["mtls_endpoint_aliases"]["token_endpoint"],
    ):
        assert shake_hands(url, ca_file, lambda context: None)[0] == "TLSv1.3"
        for cipher in ALLOWED:
            assert shake_hands(url, ca_file, offer(cipher)) == ("TLSv1.2", cipher)
        for change in (*map(offer, REFUSED), offer_old):
            with pytest.raises(DROPPED) as refusal:
                shake_hands(url, ca_file, change)
            assert "alert" in str(refusal.value).lower()
