"""A client registers itself (RFC 7591, OpenID Connect Dynamic Client Registration)."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth import events
from tests.support.client_keys import (
    build_assertion_claims,
    key_set,
    post_assertion,
    sign_claims,
)
from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_code_exchange,
    parse_redirect,
)
from tests.support.registry import PATH

WELL_KNOWN = "/oauth/.well-known/oauth-authorization-server"


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_a_registration_returns_all_registered_metadata(registry):
    answer = registry.send_registration(client_name="Shop", status=201)
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json
    assert made["client_id"]
    assert len(made["client_secret"]) >= 43
    assert made["client_secret_expires_at"] == 0
    assert made["client_id_issued_at"] > 1_700_000_000
    assert made["redirect_uris"] == [CALLBACK]
    assert made["grant_types"] == ["authorization_code"]
    assert made["response_types"] == ["code"]
    assert made["token_endpoint_auth_method"] == "client_secret_basic"
    assert made["client_name"] == "Shop"
    assert made["application_type"] == "web"


@pytest.mark.spec("RFC 7592", "3")
def test_a_registration_returns_its_configuration_uri_and_token(registry):
    made = registry.create_client()
    root = "https://as.example/oauth/register"
    assert made["registration_client_uri"] == f"{root}/{made['client_id']}"
    assert made["registration_access_token"]


def test_a_registered_client_gets_tokens(registry):
    made = registry.create_client(
        token_endpoint_auth_method="client_secret_post",
        grant_types=["authorization_code", "refresh_token"],
    )
    client = {name: made[name] for name in ("client_id", "client_secret")}
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, client_id=client["client_id"])
    code = parse_redirect(answer)["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert tokens["refresh_token"]


def test_no_credential_is_stored_in_clear(registry):
    made = registry.create_client()
    with registry.host.engine.connect() as connection:
        table = registry.host.models.Application.__table__
        row = repr(connection.execute(table.select()).one())
    assert made["client_secret"] not in row
    assert made["registration_access_token"] not in row


@pytest.mark.spec("RFC 7591", "2")
def test_unknown_members_are_ignored_and_not_stored(registry):
    made = registry.create_client(
        favourite_colour="blue", client_id="mine", client_secret="x"
    )
    assert "favourite_colour" not in made
    assert made["client_id"] != "mine"
    assert made["client_secret"] != "x"
    stored = registry.load_application(made["client_id"])
    assert "favourite_colour" not in stored.client_metadata
    assert stored.source == "registration"


@pytest.mark.spec("RFC 7591", "2")
def test_a_null_member_counts_as_omitted(registry):
    assert "logo_uri" not in registry.create_client(logo_uri=None)


@pytest.mark.spec("RFC 7591", "2.2")
def test_language_tagged_names_are_returned(registry):
    names = {"client_name": "Shop", "client_name#ja-Jpan-JP": "店", "tos_uri#fr": "x"}
    assert "tos_uri#fr" in registry.registration_error(**names)
    names["tos_uri#fr"] = "https://client.example/fr"
    made = registry.create_client(**names)
    assert {name: made[name] for name in names} == names


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_every_standard_member_is_returned_as_sent(openid_registry):
    sent = {
        "application_type": "web",
        "redirect_uris": [CALLBACK, "https://client.example/cb?x=1"],
        "response_types": ["code", "code id_token"],
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "client_name": "Shop",
        "client_uri": "https://client.example/",
        "logo_uri": "https://client.example/logo.png",
        "policy_uri": "https://client.example/policy",
        "tos_uri": "https://client.example/tos",
        "contacts": ["shop@client.example"],
        "scope": "openid profile",
        "software_id": "shop",
        "software_version": "1",
        "jwks": key_set("RS256", use="sig"),
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "default_max_age": 3600,
        "require_auth_time": True,
        "default_acr_values": ["1", "2"],
        "initiate_login_uri": "https://client.example/login",
        "request_uris": ["https://client.example/request#hash"],
        "post_logout_redirect_uris": ["https://client.example/bye"],
        "frontchannel_logout_uri": "https://client.example/front",
        "frontchannel_logout_session_required": True,
        "backchannel_logout_uri": "https://client.example/back",
        "backchannel_logout_session_required": True,
    }
    made = openid_registry.create_client(**sent)
    assert {name: made.get(name) for name in sent} == sent
    assert "client_secret" not in made
    assert "client_secret_expires_at" not in made


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
def test_an_invalid_redirect_uri_is_invalid_redirect_uri(registry, uris):
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
    made = registry.create_client(
        subject_type="pairwise", id_token_signed_response_alg="X"
    )
    assert not {"subject_type", "id_token_signed_response_alg"} & made.keys()


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


@pytest.mark.spec("RFC 7591", "2.1")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_request_object_signing_alg_is_accepted_without_keys(openid_registry):
    made = openid_registry.create_client(request_object_signing_alg="RS256")
    assert made["request_object_signing_alg"] == "RS256"
    only_signed = {"require_signed_request_object": True}
    refused = openid_registry.send_registration(
        request_object_signing_alg="RS256", **only_signed, status=400
    )
    assert "request_object_signing_alg" in refused.json["error_description"]


def test_grant_types_and_response_types_complete_each_other(openid_registry):
    made = openid_registry.create_client(response_types=["code id_token"])
    assert made["grant_types"] == ["authorization_code", "implicit"]
    contradiction = {"grant_types": ["authorization_code"]}
    told = openid_registry.registration_error(
        **contradiction, response_types=["code id_token"]
    )
    assert "grant_types" in told


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_native_client_uses_app_redirect_uris_without_the_implicit_grant(
    openid_registry,
):
    app = ["com.example.app:/cb", "http://127.0.0.1/cb"]
    made = openid_registry.create_client(
        redirect_uris=app, token_endpoint_auth_method="none"
    )
    assert made["application_type"] == "native"
    assert "client_secret" not in made
    openid_registry.registration_error(
        "invalid_redirect_uri", redirect_uris=app, application_type="web"
    )
    local = {"redirect_uris": ["http://127.0.0.1/cb"], "response_types": ["id_token"]}
    openid_registry.registration_error("invalid_redirect_uri", **local)


def test_grant_types_of_registered_clients_are_a_setting(new_registry):
    registry = new_registry(registration_grant_types="client_credentials")
    made = registry.create_client(grant_types=["client_credentials"], redirect_uris=...)
    assert made["response_types"] == []
    assert "grant_types" in registry.registration_error()


def test_a_secret_may_expire(new_registry):
    made = new_registry(registration_secret_lifetime="60").create_client()
    assert made["client_secret_expires_at"] - made["client_id_issued_at"] in (60, 61)


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_secret_is_stored_sealed_only_when_it_is_a_key(openid_registry):
    plain = openid_registry.create_client()
    keyed = openid_registry.create_client(id_token_signed_response_alg="HS256")
    sealed = openid_registry.load_application(keyed["client_id"]).sealed_client_secret
    assert sealed
    assert keyed["client_secret"] not in sealed
    assert (
        openid_registry.load_application(plain["client_id"]).sealed_client_secret
        is None
    )


def test_a_client_with_registered_keys_authenticates_by_assertion(openid_registry):
    made = openid_registry.create_client(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set("ES256")
    )
    token = sign_claims(build_assertion_claims(made["client_id"]), "ES256")
    answer = post_assertion(openid_registry.host, token, "revoke", token="x")
    assert answer.status_int == 200


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


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_answered_405_with_allow(registry, method):
    answer = registry.host.browser().request(PATH, method=method, status=405)
    assert "POST" in answer.headers["Allow"]


def test_cross_origin_registration_is_allowed(registry):
    headers = {"Origin": "https://app.example"}
    answer = registry.send_registration(headers=headers, status=201)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    headers["Access-Control-Request-Method"] = "POST"
    answer = registry.host.browser().options(PATH, headers, status=204)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.spec("RFC 8414", "2")
def test_registration_is_off_by_default(registry, new_registry):
    document = registry.host.browser().get(WELL_KNOWN).json
    assert document["registration_endpoint"] == "https://as.example/oauth/register"
    closed = new_registry(registration="off").host.browser()
    assert "registration_endpoint" not in closed.get(WELL_KNOWN).json
    assert closed.post_json(PATH, {}, status=404)


def test_a_subscriber_receives_a_client_registered_event(new_registry):
    heard = []

    def listen(config):
        config.add_subscriber(heard.append, events.ClientRegistered)

    registry = new_registry(listen)
    made = registry.create_client()
    registry.registration_error(client_name=7)
    assert [event.client_id for event in heard] == [made["client_id"]]
    assert heard[0].source == "registration"


def test_an_error_description_has_allowed_characters_only(registry):
    told = registry.registration_error("invalid_redirect_uri", redirect_uris=['ü"\\'])
    assert json.dumps(told).isascii()
    assert '"' not in told
    assert "\\" not in told
