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


def says(client_site, token):
    client_site.server.says(
        http(token.encode(), headers={"Content-Type": "application/jwt"})
    )


def asks_there(login_provider, uri, **outside):
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
def test_the_object_is_fetched(there, client_site):
    says(client_site, signed(inside()))
    assert query_of(asks_there(there, client_site.url))["state"] == "of the object"


@pytest.mark.spec(CORE, "6.2.3")
def test_it_is_fetched_once_while_the_cache_holds_it(there, client_site):
    says(client_site, signed(inside()))
    asks_there(there, client_site.url)
    says(client_site, "nonsense")
    assert "code" in query_of(asks_there(there, client_site.url))


@pytest.mark.spec(CORE, "6.2")
def test_a_new_hash_in_the_fragment_fetches_anew(there, client_site):
    first, second = signed(inside(state="one")), signed(inside(state="two"))
    says(client_site, first)
    uri = f"{client_site.url}#{hashed(first)}"
    assert query_of(asks_there(there, uri))["state"] == "one"
    says(client_site, second)
    uri = f"{client_site.url}#{hashed(second)}"
    assert query_of(asks_there(there, uri))["state"] == "two"


@pytest.mark.spec(CORE, "6.2")
def test_content_of_another_hash_is_refused(there, client_site):
    says(client_site, signed(inside()))
    answer = asks_there(there, f"{client_site.url}#{hashed('something else')}")
    assert error_of(answer) == "invalid_request_uri"


@pytest.mark.spec(CORE, "6.2")
def test_a_hash_may_be_no_more_than_a_reason_to_fetch_anew(
    new_login_provider, client_site
):
    settings = {"request_uri_hash_binding": "false", **client_site.settings}
    login_provider = new_login_provider(request_uris="true", **settings)
    login_provider.web = login_provider.application(skip_authorization=True)
    uri = f"{client_site.url}#{hashed('chosen before there was content')}"
    with_keys(login_provider, "ES256", request_uris=[uri])
    says(client_site, signed(inside()))
    assert query_of(asks_there(login_provider, uri))["state"] == "of the object"
    assert len(client_site.server.requests) == 2


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@pytest.mark.parametrize("uri", ["{}?x=1", "{}/more", "https://169.254.169.254/"])
def test_only_registered_uris_are_fetched(there, client_site, uri):
    says(client_site, signed(inside()))
    answer = asks_there(there, uri.format(client_site.url))
    assert error_of(answer) == "invalid_request_uri"
    assert client_site.server.requests == []


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_one_registered_with_its_hash_holds_for_that_content(there, client_site):
    token = signed(inside())
    uri = f"{client_site.url}#{hashed(token)}"
    with_keys(there, "ES256", request_uris=[uri])
    says(client_site, token)
    assert "code" in query_of(asks_there(there, uri))
    assert error_of(asks_there(there, client_site.url)) == "invalid_request_uri"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_what_cannot_be_fetched_is_an_invalid_request_uri(there, client_site):
    client_site.server.says(http(b"gone", status="404 Not Found"))
    assert error_of(asks_there(there, client_site.url)) == "invalid_request_uri"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_what_is_fetched_but_broken_is_an_invalid_request_object(there, client_site):
    says(client_site, "<html>")
    assert error_of(asks_there(there, client_site.url)) == "invalid_request_object"


@pytest.mark.spec(CORE, "6")
def test_request_and_request_uri_together_are_refused(there, client_site):
    says(client_site, signed(inside()))
    answer = asks_there(there, client_site.url, request=signed(inside()))
    assert error_of(answer) == "invalid_request"


@pytest.mark.spec("RFC 9101", "10.8")
def test_unsigned_ones_are_not_supported_unless_registered(there, client_site):
    says(client_site, unsigned(inside()))
    assert error_of(asks_there(there, client_site.url)) == "request_uri_not_supported"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_references_are_off_by_default(login_provider):
    answer = asks(
        login_provider.visitor("alice"), request_uri="https://client.example/x"
    )
    assert error_of(answer) == "request_uri_not_supported"
