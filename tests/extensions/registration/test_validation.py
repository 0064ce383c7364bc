"""Which client metadata registration refuses (RFC 7591 section 3.2.2)."""

from __future__ import annotations

import json

import pytest

from tests.support.client_keys import (
    key_set,
)
from tests.support.host import (
    CALLBACK,
)
from tests.support.registry import OPENID, PATH


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    "uris",
    [
        [f"{CALLBACK}#here"],
        ["http://client.example/cb"],
        ["javascript:alert(1)"],
        [7],
        "https://client.example/cb",
        ["https://client.example/a b"],
        [CALLBACK, "nothing"],
        [],
        ...,
    ],
    ids=str,
)
def test_an_invalid_redirect_uri_is_refused(registry, uris):
    assert "redirect_uris" in registry.registration_error(
        "invalid_redirect_uri", redirect_uris=uris
    )


@pytest.mark.spec("RFC 7517", "5")
def test_a_jwks_with_additional_members_is_accepted(openid_registry):
    (key,) = key_set("ES256")["keys"]
    more = {"ext": True, "key_ops": ["verify"], "iat": 1700000000, "x5c": ["MIIB"]}
    keys = {"keys": [{**key, **more}], "issued": 1700000000}
    assert openid_registry.create_client(jwks=keys)["jwks"] == keys


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grant_types", ["client_credentials"]),
        ("grant_types", ["password"]),
        ("grant_types", ["made-up"]),
        ("grant_types", "authorization_code"),
        ("response_types", ["id_token"]),
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("token_endpoint_auth_method", "private_key_jwt"),
        ("token_endpoint_auth_method", 7),
        ("client_name", ["Shop"]),
        ("client_name", "a\u0000b"),
        ("client_name", "\u202emoc.knab"),
        ("client_name", "\u200b"),
        ("client_name", "Ba\u200bnk"),
        ("client_name", "Bank\U000e0041"),
        ("client_name#fr", "Boutique\u2028Banque"),
        ("scope", "nothing of ours"),
        ("scope", "read  write"),
        ("logo_uri", "data:image/png;base64,AAAA"),
        ("jwks", {"keys": [{"kty": "oct", "k": "x"}]}),
        ("jwks", {"keys": [{"kty": "EC", "a\u0000": "x"}]}),
        ("jwks", {"keys": [{"kty": "EC"}], "more": {"a": "\u0000"}}),
        ("jwks_uri", "https://client.example:22/jwks"),
    ],
)
def test_an_invalid_member_is_refused_by_name(registry, name, value):
    assert name in registry.registration_error(**{name: value})


def test_openid_members_are_ignored_without_openid(registry):
    registration = registry.create_client(
        subject_type="pairwise", id_token_signed_response_alg="X"
    )
    assert not {"subject_type", "id_token_signed_response_alg"} & registration.keys()


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id_token_signed_response_alg", "none"),
        ("userinfo_signed_response_alg", "none"),
        ("id_token_signed_response_alg", "ES512"),
        ("initiate_login_uri", "http://client.example/login"),
        ("initiate_login_uri", "http://localhost:8443/login"),
        ("request_uris", ["ftp://client.example/request"]),
        ("subject_type", "unknown"),
        ("default_max_age", "3600"),
        ("frontchannel_logout_uri", "https://elsewhere.example/out"),
        ("post_logout_redirect_uris", ["javascript:alert(1)"]),
        ("sector_identifier_uri", "http://client.example/sector"),
    ],
)
def test_a_member_that_openid_forbids_is_refused_by_name(openid_registry, name, value):
    both = ["authorization_code", "implicit"]
    members = {"grant_types": both, "response_types": ["code id_token"]}
    assert name in openid_registry.registration_error(**members, **{name: value})


PUBLIC = {"token_endpoint_auth_method": "none"}


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@pytest.mark.parametrize("kind", ["id_token", "userinfo"])
@pytest.mark.parametrize(
    ("member", "values", "members"),
    [
        ("signed_response_alg", {"signed_response_alg": "HS257"}, {}),
        ("signed_response_alg", {"signed_response_alg": "HS256"}, PUBLIC),
        ("encrypted_response_alg", {"encrypted_response_alg": "RSA1_5"}, {}),
        ("encrypted_response_alg", {"encrypted_response_alg": "RSA-OAEP"}, {}),
        (
            "encrypted_response_enc",
            {"encrypted_response_alg": "dir", "encrypted_response_enc": "A192GCM"},
            {},
        ),
        ("encrypted_response_enc", {"encrypted_response_enc": "A128GCM"}, {}),
    ],
)
def test_algorithms_of_tokens_must_be_offered_and_have_their_keys(
    openid_registry, kind, member, values, members
):
    named = {f"{kind}_{name}": value for name, value in values.items()}
    refusal = openid_registry.registration_error(**named, **members)
    assert f"{kind}_{member}" in refusal


@pytest.mark.spec("RFC 7591", "2.1")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_request_object_signing_alg_is_accepted_without_keys(openid_registry):
    registration = openid_registry.create_client(request_object_signing_alg="RS256")
    assert registration["request_object_signing_alg"] == "RS256"
    only_signed = {"require_signed_request_object": True}
    refused = openid_registry.send_registration(
        request_object_signing_alg="RS256", **only_signed, status=400
    )
    assert "request_object_signing_alg" in refused.json["error_description"]


SIGNED = "require_signed_request_object"

ALG = "request_object_signing_alg"


@pytest.fixture
def signing_registry(new_registry):
    """A registration endpoint of a provider that accepts three algorithms."""
    accepted = "PS256 ES256 HS256"
    return new_registry(**OPENID, request_object_signing_algorithms=accepted)


@pytest.mark.spec("RFC 9101", "10.5")
@pytest.mark.parametrize(
    ("member", "key", "members"),
    [
        (SIGNED, None, {}),
        (SIGNED, None, {"token_endpoint_auth_method": "none"}),
        (SIGNED, None, {"jwks": {"keys": [{"kty": "new"}]}}),
        (SIGNED, {"use": "enc"}, {}),
        (SIGNED, {"alg": "RS256"}, {}),
        (ALG, {}, {ALG: "ES256"}),
        (ALG, {"use": "enc"}, {ALG: "PS256"}),
    ],
)
def test_who_signs_every_request_must_have_a_key_for_it(
    signing_registry, member, key, members
):
    jwks = {} if key is None else {"jwks": key_set("RS256", **key)}
    refused = signing_registry.registration_error(**{SIGNED: True, **jwks, **members})
    assert f"{member}: cannot be met" in refused


@pytest.mark.spec("RFC 9101", "10.5")
@pytest.mark.parametrize(
    ("key", "members"),
    [
        ("ES256", {}),
        ("PS256", {ALG: "PS256"}),
        (None, {"jwks_uri": "https://client.example/keys"}),
        (None, {"token_endpoint_auth_method": "client_secret_jwt"}),
        (None, {ALG: "HS256"}),
    ],
)
def test_who_signs_every_request_may_do_so_by_any_key_of_its_own(
    signing_registry, key, members
):
    jwks = {} if key is None else {"jwks": key_set(key)}
    created = signing_registry.create_client(**{SIGNED: True, **jwks, **members})
    assert created[SIGNED] is True


@pytest.mark.spec("RFC 7591", "3.1")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"7", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"scope": "a", "scope": "b"}', "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b'{"a": "\xff"}', "application/json", 400),
        (b'{"client_name": "\\ud800"}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"a": ' * 10_000, "application/json", 400),
        (b"9" * 60_000, "application/json", 400),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
def test_a_body_other_than_a_json_object_is_refused(registry, body, kind, status):
    browser = registry.host.browser()
    headers = {"Content-Type": kind}
    answer = browser.post(PATH, body, headers, status=status)
    assert answer.json["error"] == "invalid_request"


def test_an_error_description_has_allowed_characters_only(registry):
    description = registry.registration_error(
        "invalid_redirect_uri", redirect_uris=['ü"\\']
    )
    assert json.dumps(description).isascii()
    assert '"' not in description
    assert "\\" not in description
