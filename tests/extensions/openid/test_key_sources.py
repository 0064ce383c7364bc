"""Signing keys in files and devices, and the responses while no key is available."""

from __future__ import annotations

import json
import logging

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from sqlalchemy.orm import Session

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.jose.jwk import private_jwk
from tests.extensions.openid.test_hybrid import FIELDS, authorize_with_type
from tests.keystore.test_sources import Hsm
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    parse_redirect,
    refresh_tokens,
)
from tests.support.key_material import private_key
from tests.support.provider import IMPLICIT, log_in_browser, log_in_to_client

ES256 = {"id_token_signed_response_alg": "ES256"}


class FailingHsm(Hsm):
    """An HSM that can fail."""

    works = True

    def sign(self, data):
        if not self.works:
            raise OSError("the device does not answer")
        return super().sign(data)


@pytest.mark.spec("OpenID Connect Core", "10.1")
def test_signing_keys_can_be_in_files(new_provider, tmp_path):
    pem = private_key("RS256").private_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (tmp_path / "rsa.pem").write_bytes(pem)
    keys = [private_jwk(private_key("ES256")), private_jwk(private_key("EdDSA"))]
    (tmp_path / "more.json").write_text(json.dumps({"keys": keys}))
    provider = new_provider(
        signing_algorithms="RS256 ES256 EdDSA",
        signing_key_files=f"{tmp_path}/rsa.pem\n{tmp_path}/more.json",
        keys=(),
    )
    assert {key["alg"] for key in provider.jwks()["keys"]} == {
        "RS256",
        "ES256",
        "EdDSA",
    }
    for alg in ("RS256", "ES256", "EdDSA"):
        metadata = {"id_token_signed_response_alg": alg}
        client = provider.register_client(client_id=alg, client_metadata=metadata)
        token = log_in_to_client(provider, client)["id_token"]
        assert jwt.get_unverified_header(token)["alg"] == alg
        assert provider.verify_id_token(token, alg)["sub"] == "alice"


@pytest.fixture
def encrypted_key_file(tmp_path):
    """A key file with a password."""
    pem = private_key("RS256").private_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")
    )
    (tmp_path / "locked.pem").write_bytes(pem)
    (tmp_path / "password").write_text("open sesame\n")
    return tmp_path / "locked.pem"


def test_a_key_file_may_have_a_password(new_provider, encrypted_key_file):
    plain = encrypted_key_file.with_name("plain.json")
    plain.write_text(json.dumps(private_jwk(private_key("ES256"))))
    provider = new_provider(
        signing_key_files=f"{encrypted_key_file}\n{plain}",
        signing_key_password=f"file:{encrypted_key_file.with_name('password')}",
        keys=(),
    )
    assert [key["alg"] for key in provider.jwks()["keys"]] == ["RS256", "ES256"]


@pytest.mark.parametrize(
    ("password", "message"),
    [("", "has a password: give signing_key_password"), ("guessed", "does not open")],
)
def test_a_key_file_without_its_password_stops_the_start(
    new_provider, encrypted_key_file, password, message
):
    with pytest.raises(ConfigurationError, match=f"{encrypted_key_file}: .*{message}"):
        new_provider(
            signing_key_files=str(encrypted_key_file), signing_key_password=password
        )


@pytest.fixture
def device():
    return FailingHsm(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def device_provider(new_provider, device):
    """A provider whose key for ES256 is in the device."""
    return new_provider(
        signing_algorithms="RS256 ES256", signers=lambda: [(device, "active")]
    )


def test_an_hsm_can_sign(device_provider, device):
    client = device_provider.register_client(client_metadata=ES256)
    token = log_in_to_client(device_provider, client)["id_token"]
    assert jwt.get_unverified_header(token)["kid"] == "slot-7"
    assert device_provider.verify_id_token(token)["sub"] == "alice"
    assert device.signed == 1


def test_a_failing_hsm_leaves_the_code_redeemable(device_provider, device, caplog):
    client = device_provider.register_client(client_metadata=ES256)
    browser = log_in_browser(device_provider)
    code = parse_redirect(authorize_client(browser, scope="openid"))["code"]
    device.works = False
    answer = browser.post("/oauth/token", build_code_exchange(code, client), status=503)
    assert answer.json["error"] == "temporarily_unavailable"
    assert any(record.levelno == logging.CRITICAL for record in caplog.records)
    assert device_provider.count("AccessToken") == 0
    device.works = True
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert device_provider.verify_id_token(tokens["id_token"])["sub"] == "alice"


def test_a_failing_hsm_stores_no_grant_at_the_authorization_endpoint(
    new_provider, device
):
    with pytest.warns(UserWarning, match="access tokens into URLs"):
        provider = new_provider(
            signing_algorithms="RS256 ES256",
            signers=lambda: [(device, "active")],
            **IMPLICIT,
        )
    metadata = {**FIELDS["client_metadata"], **ES256}
    provider.register_client(**{**FIELDS, "client_metadata": metadata})
    device.works = False
    members, _ = authorize_with_type(provider, "code id_token token")
    assert members["error"] == "temporarily_unavailable"
    assert (provider.count("Grant"), provider.count("AccessToken")) == (0, 0)


def delete_keys(provider):
    with Session(provider.engine) as session:
        session.query(provider.models.SigningKey).delete()
        session.commit()
    provider.server.ring.expire()


def test_without_a_signing_key_the_code_stays_redeemable(provider, web_client, caplog):
    tokens = log_in_to_client(provider, web_client)
    browser = log_in_browser(provider)
    code = parse_redirect(authorize_client(browser, scope="openid"))["code"]
    delete_keys(provider)
    answer = browser.post(
        "/oauth/token", build_code_exchange(code, web_client), status=503
    )
    assert answer.json["error"] == "temporarily_unavailable"
    assert "there is no active key for RS256" in caplog.text
    refused = refresh_tokens(provider, web_client, tokens["refresh_token"])
    assert refused.status_int == 503
    provider.make_keys("RS256")
    assert browser.post("/oauth/token", build_code_exchange(code, web_client)).json[
        "id_token"
    ]
    second = refresh_tokens(provider, web_client, tokens["refresh_token"]).json
    assert provider.verify_id_token(second["id_token"])["sub"] == "alice"


@pytest.mark.parametrize(
    ("alg", "problem"), [("RS1", "RS1"), ("HS256", "the client's secret is not kept")]
)
def test_a_stored_algorithm_that_cannot_sign_is_a_fault_of_the_server(
    provider, web_client, caplog, alg, problem
):
    browser = log_in_browser(provider)
    code = parse_redirect(authorize_client(browser, scope="openid"))["code"]
    exchange = build_code_exchange(code, web_client)
    provider.update_application(
        client_metadata={"id_token_signed_response_alg": alg},
        sealed_client_secret=None,
    )
    answer = browser.post("/oauth/token", exchange, status=503)
    assert answer.json["error"] == "temporarily_unavailable"
    assert f"nothing can be signed with {alg} for client 'web'" in caplog.text
    assert problem in caplog.text
    provider.update_application(client_metadata={})
    assert browser.post("/oauth/token", exchange).json["id_token"]


def test_without_a_signing_key_the_authorization_response_is_an_error(new_provider):
    with pytest.warns(UserWarning, match="access tokens into URLs"):
        provider = new_provider(keys=(), **IMPLICIT)
    provider.register_client(**FIELDS)
    for response_type in ("id_token", "code id_token token"):
        members, _ = authorize_with_type(provider, response_type)
        assert members["error"] == "temporarily_unavailable"
        assert members["state"] == "af0ifjsldkj"
        assert "code" not in members
    assert provider.count("Grant") == 0


def test_without_a_signing_key_only_signed_userinfo_fails(new_provider):
    provider = new_provider(keys=())
    signed = {"userinfo_signed_response_alg": "RS256"}
    for name, metadata, status in (("plain", {}, 200), ("signed", signed, 503)):
        client = provider.register_client(client_id=name, client_metadata=metadata)
        provider.make_keys("RS256")
        token = log_in_to_client(provider, client)["access_token"]
        delete_keys(provider)
        headers = {"Authorization": f"Bearer {token}"}
        provider.browser().get("/oauth/userinfo", headers=headers, status=status)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"secret": "", "grant_types": "authorization_code"}, "secret is missing"),
        ({"signing_algorithms": "RSA-OAEP"}, "no algorithm that signs"),
        ({"signing_algorithms": "RS256 XS256"}, "'XS256' is unknown"),
        ({"signing_algorithms": "RS256 HS256"}, "'HS256' is unknown"),
        ({"id_token_lifetime": "90000"}, "longer than pyramid_oauth.key_token_lifet"),
        ({"signing_key_files": "/nowhere/key.pem"}, "signing_key_files: /nowhere"),
        ({"response_types": "code\nid_token"}, "needs 'implicit' among"),
        ({"response_types": "code\nid_token code x"}, "is unknown"),
    ],
)
def test_an_unusable_key_source_stops_the_start(new_provider, settings, message):
    with pytest.raises(ConfigurationError, match=message):
        new_provider(**settings)
