"""Introspection answers that the issuer signed, then encrypted (RFC 9701)."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.jose.jwe import direct_key, encrypt
from pyramid_oauth.jose.jwk import Key, from_jwk, public_jwk
from pyramid_oauth.resource.verify import (
    Introspection,
    SecretBasic,
    VerifierUnavailable,
)
from tests.resource.verify.issuer import API
from tests.resource.verify.test_settings import get, make_api
from tests.resource.verify.test_signed_introspection import (
    RFC,
    make_sender,
    make_verifier,
    publish,
)
from tests.support.key_material import private_key

ALGORITHMS = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]


@pytest.fixture
def encrypting_issuer(issuer):
    publish(issuer)
    return issuer


def as_pem(key):
    return key.as_pem(private=True).decode()


def encrypt_to(key, content, alg="ECDH-ES", enc="A128CBC-HS256", kid=None):
    recipient = from_jwk({**public_jwk(key), **({"kid": kid} if kid else {})})
    return encrypt(content, recipient, alg=alg, enc=enc, cty="JWT").encode()


def key_for(alg, number=0) -> Key:
    return private_key("RS256" if alg.startswith("RSA") else "ES256", number)


@pytest.mark.spec(RFC, "5")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_an_encrypted_answer_is_read(encrypting_issuer, alg):
    key, signed = key_for(alg), make_sender(encrypting_issuer).sign()
    encrypting_issuer.signed_answer = encrypt_to(key, signed, alg, "A256GCM")
    verifier = make_verifier(encrypting_issuer, decryption_keys=[as_pem(key)])
    identity = verifier.verify("o-paque")
    assert (identity.user_id, identity.client_id) == ("alice", "app")


@pytest.mark.spec(RFC, "5")
def test_a_key_is_replaced_while_answers_go_on(encrypting_issuer):
    """The issuer has the old key, no key, or the new one; the API has both."""
    former, new = key_for("ECDH-ES", 1), key_for("ECDH-ES", 2)
    signed = make_sender(encrypting_issuer).sign()
    jwk = json.dumps({**new.as_dict(private=True), "kid": "2026", "use": "enc"})
    verifier = make_verifier(encrypting_issuer, decryption_keys=[as_pem(former), jwk])
    for answer in (
        encrypt_to(former, signed),
        signed.encode(),
        encrypt_to(new, signed, kid="2026"),
    ):
        encrypting_issuer.signed_answer = answer
        assert verifier.verify("o-paque").user_id == "alice"


@pytest.mark.spec(RFC, "5")
def test_an_encrypted_answer_that_nobody_signed_is_not_accepted(encrypting_issuer):
    key, sender = key_for("ECDH-ES"), make_sender(encrypting_issuer)
    verifier = make_verifier(encrypting_issuer, decryption_keys=[as_pem(key)])
    for content in (json.dumps(sender.claims), "é", ""):
        encrypting_issuer.signed_answer = encrypt_to(key, content.encode())
        with pytest.raises(VerifierUnavailable, match="no JWT of the issuer"):
            verifier.verify("o-paque")


def test_an_answer_for_another_key_is_not_accepted(encrypting_issuer):
    other, signed = key_for("ECDH-ES", 1), make_sender(encrypting_issuer).sign()
    encrypting_issuer.signed_answer = encrypt_to(other, signed)
    own = [as_pem(key_for("ECDH-ES", 2))]
    with pytest.raises(VerifierUnavailable, match="cannot be decrypted"):
        make_verifier(encrypting_issuer, decryption_keys=own).verify("o-paque")
    with pytest.raises(VerifierUnavailable, match="has no key to decrypt it"):
        make_verifier(encrypting_issuer).verify("o-paque")


def test_a_key_that_both_know_decrypts_nothing(encrypting_issuer):
    signed = make_sender(encrypting_issuer).sign()
    shared = direct_key("s3cret", "A128GCM")
    token = encrypt(signed, shared, alg="dir", enc="A128GCM", cty="JWT")
    encrypting_issuer.signed_answer = token.encode()
    own = [as_pem(key_for("ECDH-ES"))]
    with pytest.raises(VerifierUnavailable, match="not allowed"):
        make_verifier(encrypting_issuer, decryption_keys=own).verify("o-paque")


def test_unfit_keys_stop_the_start():
    key = key_for("ECDH-ES")
    public = json.dumps(public_jwk(key))
    signing = json.dumps({**key.as_dict(private=True), "use": "sig"})
    shared = json.dumps({"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"})

    def make(decryption_key, signed_for="api"):
        return Introspection(
            SecretBasic("api", "x"),
            issuer="https://login.example.org",
            signed_for=signed_for,
            decryption_keys=[decryption_key],
        )

    make(as_pem(key))
    for wrong, problem in (
        ("no key", "key of the client"),
        (public, "not a private key"),
        (signing, "fits none of RSA-OAEP"),
        (shared, "not an asymmetric key"),
    ):
        with pytest.raises(ValueError, match=problem):
            make(wrong)
    with pytest.raises(ValueError, match="only signed answers"):
        make(as_pem(key), signed_for=None)


def test_the_settings_name_files_of_keys(encrypting_issuer, tmp_path):
    key, signed = key_for("RSA-OAEP"), make_sender(encrypting_issuer, aud=API).sign()
    encrypting_issuer.signed_answer = encrypt_to(key, signed, "RSA-OAEP")
    (tmp_path / "new.pem").write_text(as_pem(key_for("ECDH-ES")))
    (tmp_path / "old.pem").write_text(as_pem(key))
    settings = {
        "token_verifiers": "introspection",
        "token_issuer": encrypting_issuer.url,
        "token_audience": API,
        "introspection_client_id": "api",
        "introspection_client_secret": "s",
        "introspection_decryption_keys": (
            f"file:{tmp_path}/new.pem\nfile:{tmp_path}/old.pem"
        ),
    }
    api = make_api(**settings, introspection_signed="true")
    assert get(api, "o-paque").json == {"user": "alice", "client": "app"}
    with pytest.raises(ConfigurationError, match="only signed answers"):
        make_api(**settings)
