"""The programs of the pages on signed messages, executed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import KeySet

from tests.docs.test_examples import example
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
)


@pytest.fixture(scope="module")
def messages():
    return example("signed_messages")


@pytest.fixture
def message_signing_provider(new_login_provider, messages):
    """A provider with the three extensions, and the client of the documentation."""

    def configure(config):
        for name in ("jarm", "jwt_introspection"):
            config.include(f"pyramid_oauth.extensions.{name}")

    provider = new_login_provider(
        configure, request_object_rules="rfc9101", require_jwt_response_mode="true"
    )
    provider.web = provider.register_client(
        client_metadata={
            "jwks": messages.public_keys(),
            "request_object_signing_alg": "ES256",
            "require_signed_request_object": True,
        },
    )
    return provider


def ask(provider, messages, **changes):
    """The parameters of the answer to a signed request."""
    request = build_authorization_request(response_mode="jwt", **changes)
    signed = {"client_id": "web", "request": messages.sign_request("web", request)}
    answer = provider.open_browser("alice").get("/oauth/authorize", signed)
    if "/authorize/" in answer.location:
        form = answer.follow().forms["oauth-consent"]
        answer = form.submit("decision", value="allow")
    return parse_qs(urlsplit(answer.location).query)


def published_keys(provider):
    return KeySet.import_key_set(provider.browser().get("/oauth/jwks").json)


def test_the_documented_programs_sign_and_verify(message_signing_provider, messages):
    provider, keys = message_signing_provider, published_keys(message_signing_provider)
    (response,) = ask(provider, messages, state="s1")["response"]
    with pytest.raises(ValueError, match="this browser"):
        messages.read_response(response, keys, "web", "s2")
    with pytest.raises(ValueError, match="this client"):
        messages.read_response(response, keys, "other", "s1")
    members = messages.read_response(response, keys, "web", "s1")
    browser = provider.browser()
    form = build_code_exchange(members["code"], provider.web)
    token = browser.post("/oauth/token", form, status=200).json["access_token"]

    api = provider.register_client(client_id="api", introspection="any")
    accept = {"Accept": "application/token-introspection+jwt"}
    answer = browser.post("/oauth/introspect", {"token": token, **api}, headers=accept)
    said = messages.read_introspection(answer.text, keys, "api")
    assert (said["active"], said["client_id"], said["sub"]) == (True, "web", "alice")
    with pytest.raises(ValueError, match="this API"):
        messages.read_introspection(answer.text, keys, "web")
    with pytest.raises(ValueError, match="another JWT"):
        messages.read_introspection(response, keys, "web")


def test_a_request_without_a_signature_is_refused(message_signing_provider):
    browser = message_signing_provider.open_browser("alice")
    answer = authorize_client(browser, response_mode="jwt")
    assert "response=" in answer.location
    assert "code=" not in answer.location
