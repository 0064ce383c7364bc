"""Request objects by reference (OpenID Connect Core section 6.2)."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.support.authentication import CORE, asks, error_of, query_of
from tests.support.request_objects import (
    asks_by_object,
    inside,
    signed,
    unsigned,
    with_keys,
)
from tests.support.servers import answer as http

THERE = "https://client.example/cb"
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture
def there(new_login_provider, client_site):
    """A provider with the client `web`, whose objects lie at the client_site."""
    login_provider = new_login_provider(request_uris="true", **client_site.settings)
    login_provider.web = login_provider.application(skip_authorization=True)
    with_keys(login_provider, "ES256", request_uris=[client_site.url])
    return login_provider


def publish(client_site, token):
    client_site.server.says(
        http(token.encode(), headers={"Content-Type": "application/jwt"})
    )


def authorize_by_request_uri(login_provider, uri, **outside):
    return asks_by_object(
        login_provider.visitor("alice"),
        None,
        request_uri=uri,
        **{"redirect_uri": THERE, **outside},
    )


def hashed(token):
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.spec(CORE, "6.2.3")
def test_a_request_object_is_fetched_from_its_request_uri(there, client_site):
    publish(client_site, signed(inside()))
    assert (
        query_of(authorize_by_request_uri(there, client_site.url))["state"]
        == "of the object"
    )


@pytest.mark.spec(CORE, "6.2.3")
def test_a_cached_request_object_is_not_fetched_again(there, client_site):
    publish(client_site, signed(inside()))
    authorize_by_request_uri(there, client_site.url)
    publish(client_site, "nonsense")
    assert "code" in query_of(authorize_by_request_uri(there, client_site.url))


@pytest.mark.spec(CORE, "6.2")
def test_a_new_fragment_hash_fetches_the_object_again(there, client_site):
    first, second = signed(inside(state="one")), signed(inside(state="two"))
    publish(client_site, first)
    uri = f"{client_site.url}#{hashed(first)}"
    assert query_of(authorize_by_request_uri(there, uri))["state"] == "one"
    publish(client_site, second)
    uri = f"{client_site.url}#{hashed(second)}"
    assert query_of(authorize_by_request_uri(there, uri))["state"] == "two"


@pytest.mark.spec(CORE, "6.2")
def test_content_of_another_hash_is_refused(there, client_site):
    publish(client_site, signed(inside()))
    answer = authorize_by_request_uri(
        there, f"{client_site.url}#{hashed('something else')}"
    )
    assert error_of(answer) == "invalid_request_uri"


@pytest.mark.spec(CORE, "6.2")
def test_without_hash_binding_another_hash_is_accepted(new_login_provider, client_site):
    settings = {"request_uri_hash_binding": "false", **client_site.settings}
    login_provider = new_login_provider(request_uris="true", **settings)
    login_provider.web = login_provider.application(skip_authorization=True)
    uri = f"{client_site.url}#{hashed('chosen before there was content')}"
    with_keys(login_provider, "ES256", request_uris=[uri])
    publish(client_site, signed(inside()))
    assert (
        query_of(authorize_by_request_uri(login_provider, uri))["state"]
        == "of the object"
    )
    assert len(client_site.server.requests) == 2


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@pytest.mark.parametrize("uri", ["{}?x=1", "{}/more", "https://169.254.169.254/"])
def test_only_registered_uris_are_fetched(there, client_site, uri):
    publish(client_site, signed(inside()))
    answer = authorize_by_request_uri(there, uri.format(client_site.url))
    assert error_of(answer) == "invalid_request_uri"
    assert client_site.server.requests == []


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_request_uri_registered_with_a_hash_accepts_that_content_only(
    there, client_site
):
    token = signed(inside())
    uri = f"{client_site.url}#{hashed(token)}"
    with_keys(there, "ES256", request_uris=[uri])
    publish(client_site, token)
    assert "code" in query_of(authorize_by_request_uri(there, uri))
    assert (
        error_of(authorize_by_request_uri(there, client_site.url))
        == "invalid_request_uri"
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_a_request_uri_that_cannot_be_fetched_is_invalid_request_uri(
    there, client_site
):
    client_site.server.says(http(b"gone", status="404 Not Found"))
    assert (
        error_of(authorize_by_request_uri(there, client_site.url))
        == "invalid_request_uri"
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_malformed_fetched_content_is_invalid_request_object(there, client_site):
    publish(client_site, "<html>")
    assert (
        error_of(authorize_by_request_uri(there, client_site.url))
        == "invalid_request_object"
    )


@pytest.mark.spec(CORE, "6")
def test_request_and_request_uri_together_are_refused(there, client_site):
    publish(client_site, signed(inside()))
    answer = authorize_by_request_uri(there, client_site.url, request=signed(inside()))
    assert error_of(answer) == "invalid_request"


@pytest.mark.spec("RFC 9101", "10.8")
def test_unsigned_fetched_objects_need_registration(there, client_site):
    publish(client_site, unsigned(inside()))
    assert (
        error_of(authorize_by_request_uri(there, client_site.url))
        == "request_uri_not_supported"
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_request_uris_are_off_by_default(login_provider):
    answer = asks(
        login_provider.visitor("alice"), request_uri="https://client.example/x"
    )
    assert error_of(answer) == "request_uri_not_supported"
