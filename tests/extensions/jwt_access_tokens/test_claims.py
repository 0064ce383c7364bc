"""Header and claims of JWT access tokens (RFC 9068 sections 2 and 3)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.key_ring import State
from pyramid_oauth.keystore.repository import KeyStore
from tests.extensions.jwt_access_tokens.conftest import EXTENSION, read_token
from tests.support.host import (
    SETTINGS,
    Host,
    authorize_client,
    build_code_exchange,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)
from tests.support.provider import IMPLICIT, log_in_to_client

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.mark.spec("RFC 9068", "2.1")
def test_the_header_has_the_type_and_the_key(jwt_provider):
    token = obtain_tokens(jwt_provider, jwt_provider.web)["access_token"]
    header = jwt.get_unverified_header(token)
    (key,) = jwt_provider.jwks()["keys"]
    assert header == {"typ": "at+jwt", "alg": "RS256", "kid": key["kid"]}


@pytest.mark.spec("RFC 9068", "2.2")
def test_the_token_of_a_user_has_the_required_claims(jwt_provider):
    tokens = obtain_tokens(jwt_provider, jwt_provider.web, scope="read write")
    claims = read_token(jwt_provider, tokens["access_token"])
    assert (claims["sub"], claims["client_id"]) == ("alice", "web")
    assert claims["aud"] == "https://api.example"
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 600
    assert claims["scope"] == "read write"
    assert set(claims) == {
        *("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope")
    }


@pytest.mark.spec("RFC 9068", "2.2")
def test_the_subject_of_a_clients_own_token_is_the_client(jwt_provider):
    token = request_client_token(jwt_provider, jwt_provider.web).json["access_token"]
    claims = read_token(jwt_provider, token)
    assert claims["sub"] == claims["client_id"] == "web"
    headers = {"Authorization": f"Bearer {token}"}
    assert jwt_provider.browser().get("/me", headers=headers).json["sub"] is None


@pytest.mark.spec("RFC 9700", "4.15")
@pytest.mark.spec("RFC 9068", "5")
def test_a_user_with_the_identifier_of_the_client_gets_no_token(jwt_provider, caplog):
    refused = log_in_to_client(jwt_provider, jwt_provider.web, name="web", status=400)
    assert refused["error"] == "access_denied"
    assert "no token for client 'web' about the user" in caplog.text
    assert jwt_provider.count("AccessToken") == 0


def test_every_token_has_an_identifier_of_its_own(jwt_provider):
    tokens = obtain_tokens(jwt_provider, jwt_provider.web)
    second = refresh_tokens(jwt_provider, jwt_provider.web, tokens["refresh_token"])
    first = read_token(jwt_provider, tokens["access_token"])
    assert first["jti"] != read_token(jwt_provider, second.json["access_token"])["jti"]


@pytest.mark.spec("RFC 9068", "2.2.1")
def test_the_claims_about_the_login_stay_through_refreshes(new_login_provider):
    provider = new_login_provider(
        lambda config: config.include(EXTENSION),
        access_token_format="jwt",
        access_token_lifetime="600",
        default_audience="https://api.example",
    )
    provider.web = provider.register_client()
    browser = provider.open_browser("alice", acr="silver")
    tokens = provider_tokens(provider, browser)
    first = read_token(provider, tokens["access_token"])
    assert (first["acr"], first["amr"]) == ("silver", ["pwd"])
    answer = refresh_tokens(provider, provider.web, tokens["refresh_token"])
    second = read_token(provider, answer.json["access_token"])
    for name in ("auth_time", "acr", "amr"):
        assert second[name] == first[name]


@pytest.mark.spec("RFC 9068", "2.2.1")
def test_a_token_from_the_authorization_endpoint_has_the_claims_about_the_login(
    new_login_provider,
):
    provider = new_login_provider(
        lambda config: config.include(EXTENSION),
        access_token_format="jwt",
        access_token_lifetime="600",
        default_audience="https://api.example",
        **IMPLICIT,
    )
    provider.register_client(
        authorization_grant_type="authorization_code implicit",
        client_metadata={"response_types": ["code", "id_token token"]},
    )
    answer = authorize_client(
        provider.open_browser("alice", acr="silver"),
        response_type="id_token token",
        scope="openid",
        nonce="n",
    )
    members = dict(parse_qsl(urlsplit(answer.location).fragment))
    claims = read_token(provider, members["access_token"])
    id_token = provider.verify_id_token(members["id_token"])
    for name in ("auth_time", "acr", "amr"):
        assert claims[name] == id_token[name]


def provider_tokens(provider, browser):
    parameters = {"scope": "openid read", "nonce": "n", "acr_values": "silver"}
    code = parse_redirect(authorize_client(browser, **parameters))["code"]
    return browser.post("/oauth/token", build_code_exchange(code, provider.web)).json


def add_groups(config):
    def membership(claims_request):
        return {
            "groups": ["staff"],
            "roles": ["editor"],
            "entitlements": ["export"],
            "stateless": True,
            "grant_id": "00000000-0000-0000-0000-000000000000",
            "sub": "bob",
        }

    names = ("groups", "roles", "entitlements", "stateless", "grant_id", "sub")
    config.add_oauth_claims("membership", membership, names, targets=["access_token"])


@pytest.mark.spec("RFC 9068", "2.2.3.1")
def test_claims_of_the_host_are_in_the_tokens_of_users_alone(new_jwt_provider):
    provider = new_jwt_provider(add_groups)
    token = obtain_tokens(provider, provider.web)["access_token"]
    claims = read_token(provider, token)
    assert claims["groups"] == ["staff"]
    assert (claims["roles"], claims["entitlements"]) == (["editor"], ["export"])
    assert claims["sub"] == "alice"
    assert not {"stateless", "grant_id"} & set(claims)
    own = request_client_token(provider, provider.web).json["access_token"]
    assert "groups" not in read_token(provider, own)


def test_a_token_that_is_too_long_for_a_header_is_not_issued(new_jwt_provider, caplog):
    def add_many_groups(config):
        many = [f"group {number}" for number in range(2000)]
        config.add_oauth_claims(
            "many", lambda asked: {"groups": many}, ["groups"], targets=["access_token"]
        )

    provider = new_jwt_provider(add_many_groups)
    refused = log_in_to_client(provider, provider.web, status=503)
    assert refused["error"] == "temporarily_unavailable"
    assert "release less to access_token" in caplog.text


@pytest.mark.spec("RFC 9068", "6")
def test_the_token_of_a_pairwise_client_does_not_name_the_user(new_jwt_provider):
    provider = new_jwt_provider(
        pairwise_salt="some salt of at least thirty-two characters",
        jwt_access_token_stateless="true",
    )
    provider.set_client_metadata(subject_type="pairwise")
    tokens = log_in_to_client(provider, provider.web, scope="openid read")
    subject = read_token(provider, tokens["access_token"])["sub"]
    assert subject == provider.verify_id_token(tokens["id_token"])["sub"] != "alice"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert provider.browser().get("/me", headers=headers).json["sub"] == "alice"


@pytest.mark.spec("RFC 9068", "3")
def test_without_a_default_audience_the_token_is_for_the_issuer(new_jwt_provider):
    with pytest.warns(InsecureSettingWarning, match="has the issuer as its audience"):
        provider = new_jwt_provider(default_audience="")
    token = obtain_tokens(provider, provider.web)["access_token"]
    issuer = "https://as.example/oauth"
    assert read_token(provider, token, issuer)["aud"] == issuer


def test_several_audiences_are_a_list(new_jwt_provider):
    provider = new_jwt_provider(default_audience="https://a.example https://b.example")
    token = obtain_tokens(provider, provider.web)["access_token"]
    claims = read_token(provider, token, "https://b.example")
    assert claims["aud"] == ["https://a.example", "https://b.example"]


@pytest.mark.spec("RFC 9068", "2")
@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_the_algorithm_is_that_of_the_setting(new_jwt_provider, alg):
    provider = new_jwt_provider(
        keys=("RS256", "ES256", "EdDSA"),
        signing_algorithms="RS256 ES256 EdDSA",
        jwt_access_token_alg=alg,
    )
    token = request_client_token(provider, provider.web).json["access_token"]
    assert jwt.get_unverified_header(token)["alg"] == alg
    assert read_token(provider, token)["sub"] == "web"


@pytest.mark.spec("RFC 9068", "2")
@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_an_unsigned_or_symmetric_token_cannot_be_configured(alg):
    with pytest.raises(Exception, match="jwt_access_token_alg"):
        Host("sqlite://", extensions="jwt_access_tokens", jwt_access_token_alg=alg)


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ({"jwt_access_token_alg": "ES256"}, "signing_algorithms, so that there is no"),
        ({"access_token_lifetime": "90000"}, "keys would be withdrawn"),
        ({"jwt_access_token_denylist": "true"}, "jwt_access_token_stateless = true"),
        ({"jwt_access_token_stateless_lifetime": "601"}, "stateless_lifetime"),
    ],
)
def test_a_contradiction_stops_the_start(settings, finding):
    chosen = {"access_token_format": "jwt", "access_token_lifetime": "600"}
    with pytest.raises(Exception, match=finding):
        Host("sqlite://", extensions="jwt_access_tokens", **{**chosen, **settings})


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ({"access_token_lifetime": "7200"}, "accepts revoked ones until they expire"),
        ({"jwt_access_token_stateless": "true"}, "nobody can revoke until they expire"),
    ],
)
def test_a_weak_combination_is_reported(new_jwt_provider, settings, finding):
    with pytest.warns(InsecureSettingWarning, match=finding):
        new_jwt_provider(**settings)


def test_without_a_key_no_token_is_issued_and_the_code_stays_valid(
    new_jwt_provider, caplog
):
    provider = new_jwt_provider(keys=())
    browser = provider.open_browser()
    browser.get("/login?name=alice")
    form = build_code_exchange(
        parse_redirect(authorize_client(browser))["code"], provider.web
    )
    refused = browser.post("/oauth/token", form, status=503)
    assert refused.json["error"] == "temporarily_unavailable"
    assert "no access token can be signed with RS256" in caplog.text
    provider.make_keys("RS256")
    browser.post("/oauth/token", form, status=200)


def test_an_application_chooses_the_format_of_its_tokens(new_jwt_provider):
    provider = new_jwt_provider(access_token_format="opaque")
    opaque = request_client_token(provider, provider.web).json["access_token"]
    assert "." not in opaque
    provider.set_client_metadata(access_token_format="jwt")
    token = request_client_token(provider, provider.web).json["access_token"]
    assert read_token(provider, token)["client_id"] == "web"


def test_an_unknown_format_of_an_application_is_refused(new_jwt_provider):
    provider = new_jwt_provider()
    fields = {"client_id": "other", "client_metadata": {"access_token_format": "jwe"}}
    application = provider.models.Application(name="Other", **fields)
    found = application.field_errors(provider.server.application_rules)
    assert found["access_token_format"] == ["'jwe' is not a format of access tokens"]


def test_a_client_cannot_register_its_format(new_jwt_provider):
    provider = new_jwt_provider(registration="open")
    body = {"redirect_uris": ["https://a.example/cb"], "access_token_format": "jwt"}
    registration = provider.browser().post_json("/oauth/register", body, status=201)
    assert "access_token_format" not in registration.json


def test_the_format_needs_no_openid(new_host):
    host = new_host(
        extensions="pkce introspection jwt_access_tokens",
        access_token_format="jwt",
        access_token_lifetime="600",
        default_audience="https://api.example",
    )
    client = host.register_client()
    make_key(host)
    tokens = obtain_tokens(host, client)
    assert read_token(host, tokens["access_token"])["sub"] == "alice"
    introspection = host.browser().post(
        "/oauth/introspect", {"token": tokens["access_token"], **client}
    )
    assert introspection.json["sub"] == "alice"


def make_key(host):
    seal = key_seal((SETTINGS["pyramid_oauth.secret"].encode(),))
    with Session(host.engine) as session:
        KeyStore(session, host.models.SigningKey, seal).generate("RS256", State.ACTIVE)
        session.commit()
