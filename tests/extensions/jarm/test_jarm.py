"""JWT Secured Authorization Response Mode (JARM)."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session

from pyramid_oauth.clients.validation import unsupported_values
from tests.support.client_keys import key_set
from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
)
from tests.support.key_material import private_key
from tests.support.provider import ISSUER, NONCE

JARM = "JARM"
MODES = ["query.jwt", "fragment.jwt", "form_post.jwt", "jwt"]
OPENID = {"scope": "openid", "nonce": NONCE}
ENCRYPTED = {
    "authorization_encrypted_response_alg": "RSA-OAEP-256",
    "authorization_encrypted_response_enc": "A128GCM",
}


@pytest.fixture
def new_jarm_provider(new_login_provider):
    def make(keys=("RS256", "ES256"), **metadata):
        provider = new_login_provider(
            lambda config: config.include("pyramid_oauth.extensions.jarm"),
            grant_types="authorization_code implicit",
            response_types="code\ncode id_token",
            keys=keys,
            signing_algorithms="RS256 ES256",
        )
        provider.web = provider.register_client(
            authorization_grant_type="authorization_code implicit",
            client_metadata={"response_types": ["code", "code id_token"], **metadata},
        )
        return provider

    return make


@pytest.fixture
def jarm_provider(new_jarm_provider):
    return new_jarm_provider()


def request_code(provider, **changes):
    """The answer to a request of a client whose consent alice has given."""
    browser = provider.open_browser("alice")
    authorize_client(browser, **OPENID)
    request = build_authorization_request(**{**OPENID, **changes})
    return browser.get("/oauth/authorize", request)


def read_token(answer):
    """The way by which the response came, and its only member."""
    if answer.status_int == 200:
        form = answer.forms["oauth-form-post"]
        names = [name for name in form.fields if name]
        assert (form.action, names) == (CALLBACK, ["response"])
        return "form_post", form["response"].value
    parts = urlsplit(answer.location)
    way = "fragment" if parts.fragment else "query"
    members = parse_qs(parts.fragment or parts.query)
    assert list(members) == ["response"]
    return way, members["response"][0]


def verify_response(provider, token):
    """What a client does that checks everything (section 2.4)."""
    published = KeySet.import_key_set(provider.browser().get("/oauth/jwks").json)
    verified = jwt.decode(token, published, algorithms=["RS256", "ES256"])
    claims = verified.claims
    assert (claims.pop("iss"), claims.pop("aud")) == (ISSUER, "web")
    assert 10 <= claims.pop("exp") - time.time() <= 600
    return verified.header, claims


@pytest.mark.spec(JARM, "2.3")
@pytest.mark.parametrize("mode", MODES)
def test_a_signed_response_brings_the_code_by_each_mode(jarm_provider, mode):
    way, token = read_token(request_code(jarm_provider, response_mode=mode))
    assert way == {"jwt": "query"}.get(mode, mode.removesuffix(".jwt"))
    header, members = verify_response(jarm_provider, token)
    assert header["alg"] == "RS256"
    assert members["state"] == "af0ifjsldkj"
    exchange = build_code_exchange(members["code"], jarm_provider.web)
    assert jarm_provider.browser().post("/oauth/token", exchange).json["access_token"]


@pytest.mark.spec(JARM, "2.1")
@pytest.mark.parametrize("mode", MODES)
def test_an_error_is_signed_too(jarm_provider, mode):
    answer = request_code(jarm_provider, response_mode=mode, scope="unheard-of")
    members = verify_response(jarm_provider, read_token(answer)[1])[1]
    assert members["error"] == "invalid_scope"
    assert members["state"] == "af0ifjsldkj"


@pytest.mark.spec(JARM, "2.1")
def test_a_denied_consent_is_signed(jarm_provider):
    browser = jarm_provider.open_browser("alice")
    request = build_authorization_request(**OPENID, response_mode="jwt")
    page = browser.get("/oauth/authorize", request).follow()
    answer = page.forms["oauth-consent"].submit("decision", value="deny")
    members = verify_response(jarm_provider, read_token(answer)[1])[1]
    assert members["error"] == "access_denied"


@pytest.mark.spec(JARM, "2.3.4")
def test_jwt_is_the_fragment_for_responses_with_a_token(jarm_provider):
    answer = request_code(
        jarm_provider, response_mode="jwt", response_type="code id_token"
    )
    way, token = read_token(answer)
    members = verify_response(jarm_provider, token)[1]
    assert way == "fragment"
    assert {"code", "id_token"} <= members.keys()


HYBRID = {"response_mode": "query.jwt", "response_type": "code id_token"}


@pytest.mark.spec(JARM, "2.3.1")
def test_a_token_in_a_query_is_refused(jarm_provider):
    way, token = read_token(request_code(jarm_provider, **HYBRID))
    assert way == "fragment"
    assert verify_response(jarm_provider, token)[1]["error"] == "invalid_request"


@pytest.mark.spec(JARM, "2.3.1")
def test_an_encrypted_token_may_be_in_a_query(new_jarm_provider):
    provider = new_jarm_provider(jwks=key_set("RSA-OAEP-256"), **ENCRYPTED)
    way, token = read_token(request_code(provider, **HYBRID))
    assert way == "query"
    assert token.count(".") == 4


@pytest.mark.spec(JARM, "2.2")
def test_a_response_is_signed_and_then_encrypted_for_a_client_that_registered_it(
    new_jarm_provider,
):
    provider = new_jarm_provider(
        jwks=key_set("RSA-OAEP-256"),
        authorization_signed_response_alg="ES256",
        **ENCRYPTED,
    )
    _, token = read_token(request_code(provider, response_mode="jwt"))
    opened = jwe.decrypt_compact(
        token, private_key("RSA-OAEP-256"), algorithms=["RSA-OAEP-256", "A128GCM"]
    )
    header, members = verify_response(provider, opened.plaintext.decode())
    assert header["alg"] == "ES256"
    assert members["code"]


@pytest.mark.spec(JARM, "3")
@pytest.mark.parametrize("alg", ["none", "XS256"])
def test_a_client_cannot_register_an_algorithm_that_is_not_offered(jarm_provider, alg):
    application = jarm_provider.models.Application(
        client_id="other",
        authorization_grant_type="authorization_code",
        client_metadata={"authorization_signed_response_alg": alg},
    )
    errors = unsupported_values(jarm_provider.server, application)
    assert "authorization_signed_response_alg" in str(errors)


@pytest.mark.spec(JARM, "4")
def test_the_metadata_tell_modes_and_algorithms(jarm_provider):
    path = "/.well-known/oauth-authorization-server/oauth"
    document = jarm_provider.browser().get(path).json
    assert set(MODES) <= set(document["response_modes_supported"])
    assert document["authorization_signing_alg_values_supported"][:2] == [
        "RS256",
        "ES256",
    ]
    assert "none" not in document["authorization_signing_alg_values_supported"]
    assert "A128GCM" in document["authorization_encryption_enc_values_supported"]


def test_without_a_key_nothing_is_granted_and_a_page_says_so(jarm_provider):
    browser = jarm_provider.open_browser("alice")
    authorize_client(browser, **OPENID)
    with Session(jarm_provider.engine) as session:
        grants = session.query(jarm_provider.models.Grant).count()
        session.query(jarm_provider.models.SigningKey).delete()
        session.commit()
    jarm_provider.server.ring.expire()
    request = build_authorization_request(**OPENID, response_mode="jwt")
    page = browser.get("/oauth/authorize", request, status=503)
    assert page.html.find(id="oauth-error-code").string == "temporarily_unavailable"
    with Session(jarm_provider.engine) as session:
        assert session.query(jarm_provider.models.Grant).count() == grants


def test_a_client_without_a_key_is_told_before_the_user_is_asked(new_jarm_provider):
    provider = new_jarm_provider(jwks=key_set("RSA-OAEP-256"), **ENCRYPTED)
    provider.update_application(client_metadata={**ENCRYPTED, "jwks": {"keys": []}})
    browser = provider.open_browser("alice")
    request = build_authorization_request(**OPENID, response_mode="jwt")
    page = browser.get("/oauth/authorize", request, status=400)
    assert page.html.find(id="oauth-error-code").string == "invalid_request"


@pytest.mark.spec("RFC 8725", "3.11")
def test_a_response_is_no_id_token_hint(jarm_provider):
    _, token = read_token(request_code(jarm_provider, response_mode="jwt"))
    answer = request_code(jarm_provider, id_token_hint=token)
    assert "error=invalid_request" in answer.location


@pytest.mark.spec("RFC 9126", "2")
def test_a_pushed_request_may_ask_for_a_signed_response(jarm_provider):
    form = build_authorization_request(**OPENID, response_mode="jwt")
    form["client_secret"] = jarm_provider.web["client_secret"]
    pushed = jarm_provider.browser().post("/oauth/par", form, status=201).json
    browser = jarm_provider.open_browser("alice")
    authorize_client(browser, **OPENID)
    answer = browser.get(
        "/oauth/authorize",
        {"client_id": "web", "request_uri": pushed["request_uri"]},
    )
    assert verify_response(jarm_provider, read_token(answer)[1])[1]["code"]
