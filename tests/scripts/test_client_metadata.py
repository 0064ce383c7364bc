"""`application create --client-metadata` applies the rules of dynamic registration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.support.command_line import STANDALONE
from tests.support.repetitions import repeat_after
from tests.support.secret import SECRET

OPENID = """
pyramid_oauth.openid = true
pyramid_oauth.frontchannel_logout = true
pyramid_oauth.backchannel_logout = true
pyramid_oauth.request_uris = true
pyramid_oauth.pairwise_salt = {salt}
pyramid_oauth.token_endpoint_auth_methods = none client_secret_basic
    private_key_jwt client_secret_jwt
pyramid_oauth.grant_types = authorization_code implicit refresh_token
pyramid_oauth.response_types =
    code
    code id_token
"""
CALLBACK = "https://client.example/cb"


@pytest.fixture
def openid_ini(write_ini: Callable[..., Path], sqlite_url: str, run: Any) -> Path:
    ini = write_ini(STANDALONE, sqlite_url, OPENID.format(salt=SECRET))
    run("upgrade", ini)
    return ini


def options(**metadata: Any) -> tuple[str, ...]:
    document = {"redirect_uris": [CALLBACK], **metadata}
    return ("--client-metadata", json.dumps(document))


@pytest.mark.spec("RFC 7591", "2")
def test_a_metadata_document_fills_columns_and_metadata(
    openid_ini: Path, run_json: Any
) -> None:
    application = run_json(
        *("application", "create", openid_ini),
        *options(
            client_name="Shop",
            token_endpoint_auth_method="none",
            grant_types=["authorization_code"],
            logo_uri="https://client.example/logo.png",
            **{"client_name#fr": "Boutique"},
        ),
    )
    assert application["name"] == "Shop"
    assert application["client_type"] == "public"
    assert application["redirect_uris"] == CALLBACK
    assert application["client_metadata"] == {
        "logo_uri": "https://client.example/logo.png",
        "client_name#fr": "Boutique",
    }
    assert "client_secret" not in application


NATIVE = {
    "redirect_uris": ["http://127.0.0.1/cb"],
    "token_endpoint_auth_method": "none",
}
REFUSED = [
    ("client_name", 7),
    ("client_name", "x" * 256),
    ("client_name", "a\u0000b"),
    ("contacts", "someone"),
    ("contacts", [7]),
    ("logo_uri", "javascript:alert(1)"),
    ("policy_uri", "not a URL"),
    ("tos_uri#fr", 7),
    ("jwks", {"keys": []}),
    ("jwks", {"keys": [{"kty": "RSA", "n": "x", "e": "y", "d": "z"}]}),
    ("jwks", []),
    ("jwks_uri", "http://client.example/jwks"),
    ("jwks_uri", "https://10.0.0.1:22/jwks"),
    ("application_type", "desktop"),
    ("subject_type", "secret"),
    ("sector_identifier_uri", "http://client.example/sector"),
    ("default_max_age", -1),
    ("default_max_age", True),
    ("default_max_age", "60"),
    ("require_auth_time", "true"),
    ("default_acr_values", ["a b"]),
    ("initiate_login_uri", "http://client.example/login"),
    ("request_uris", ["http://client.example/request"]),
    ("backchannel_logout_uri", "https://client.example/out#here"),
    ("frontchannel_logout_uri", "https://elsewhere.example/out"),
    ("frontchannel_logout_uri", "https://client.example:8443/out"),
    ("frontchannel_logout_uri", "http://127.0.0.1/out", NATIVE),
    ("backchannel_logout_uri", "https://client.example;script-src/out"),
    ("backchannel_logout_uri", "https://a@client.example/out"),
    ("id_token_signed_response_alg", "RS1"),
    ("id_token_encrypted_response_enc", "A128GCM"),
    ("token_endpoint_auth_signing_alg", "none"),
    ("token_endpoint_auth_method", "tls_client_auth"),
    ("token_endpoint_auth_method", "private_key_jwt"),
    ("response_types", ["token"], {"grant_types": ["implicit"]}),
    ("response_types", ["code"], {"grant_types": ["authorization_code", "implicit"]}),
    ("response_types", 7),
    ("response_types", [7]),
    ("grant_types", ["password"]),
    ("grant_types", [{}]),
    ("redirect_uris", ["https://client.example/cb#here"]),
    ("redirect_uris", [7]),
    ("redirect_uris", ["com.example.app:/cb"], {"application_type": "web"}),
    ("redirect_uris", ["http://127.0.0.1/cb"], {"grant_types": ["implicit"]}),
]


@pytest.mark.spec("RFC 7591", "2")
@pytest.mark.parametrize(
    "case", repeat_after(12, REFUSED), ids=lambda case: f"{case[0]}={case[1]}"[:50]
)
def test_an_invalid_value_is_refused_by_name(
    openid_ini: Path, run: Any, case: tuple[Any, ...]
) -> None:
    name, value, *more = case
    document = {name: value, **(more[0] if more else {})}
    output = run(
        "application", "create", openid_ini, *options(**document), code=1
    ).output
    columns = {"grant_types": "authorization_grant_type", "client_name": "name"}
    assert name in output or columns.get(name, name) in output


@pytest.mark.spec("RFC 7591", "2.1")
def test_grant_types_and_response_types_must_agree(
    openid_ini: Path, run: Any, run_json: Any
) -> None:
    both = ["authorization_code", "implicit"]
    application = run_json(
        *("application", "create", openid_ini),
        *options(grant_types=both, response_types=["code id_token"]),
    )
    assert application["authorization_grant_type"] == " ".join(both)
    output = run(
        *("application", "create", openid_ini),
        *options(response_types=["code id_token"]),
        code=1,
    ).output
    assert "implicit is needed" in output


def test_jwks_and_jwks_uri_exclude_each_other(openid_ini: Path, run: Any) -> None:
    jwks = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "x" * 43}]}
    uri = "https://client.example/jwks"
    output = run(
        "application", "create", openid_ini, *options(jwks=jwks, jwks_uri=uri), code=1
    ).output
    assert "must not be used together with jwks" in output


@pytest.mark.spec("OpenID Connect Core", "10.1")
def test_a_secret_used_as_a_key_is_stored_sealed_also_after_rotation(
    openid_ini: Path, run_json: Any, run: Any, sqlite_url: str
) -> None:
    application = run_json(
        "application",
        "create",
        openid_ini,
        *options(token_endpoint_auth_method="client_secret_jwt"),
    )

    def load_sealed_secret() -> str | None:
        query = text("SELECT sealed_client_secret FROM oauth_application")
        with create_engine(sqlite_url).connect() as connection:
            return connection.execute(query).scalar_one()

    first = load_sealed_secret()
    assert first is not None
    assert application["client_secret"] not in first
    run_json("application", "rotate-secret", openid_ini, application["client_id"])
    assert load_sealed_secret() not in (None, first)


def test_a_secret_not_used_as_a_key_is_not_stored_readably(
    openid_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", openid_ini, *options())
    assert application["client_secret"]
    assert "sealed_client_secret" not in application
