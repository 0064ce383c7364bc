"""Request objects by reference (OpenID Connect Core section 6.2)."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.support.authentication import CORE, parse_error, request_authentication
from tests.support.host import parse_redirect
from tests.support.request_objects import (
    build_request_object_claims,
    build_unsigned_request_object,
    request_by_object,
    set_client_keys,
    sign_request_object,
)
from tests.support.servers import build_response as http

REDIRECT_URI = "https://client.example/cb"
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture
def by_reference_provider(new_login_provider, client_site):
    """A provider with the client `web`, whose request objects are at `client_site`."""
    login_provider = new_login_provider(request_uris="true", **client_site.settings)
    login_provider.web = login_provider.register_client(skip_authorization=True)
    set_client_keys(login_provider, "ES256", request_uris=[client_site.url])
    return login_provider


def serve_object(client_site, token):
    client_site.server.respond_with(
        http(token.encode(), headers={"Content-Type": "application/jwt"})
    )


def authorize_by_request_uri(login_provider, uri, **outside):
    return request_by_object(
        login_provider.open_browser("alice"),
        None,
        request_uri=uri,
        **{"redirect_uri": REDIRECT_URI, **outside},
    )


def request_uri_error(provider, uri):
    """The error code in the response to a request by reference."""
    return parse_error(authorize_by_request_uri(provider, uri))


def compute_hash(token):
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.spec(CORE, "6.2.3")
def test_a_request_object_is_fetched_from_its_request_uri(
    by_reference_provider, client_site
):
    serve_object(client_site, sign_request_object(build_request_object_claims()))
    assert (
        parse_redirect(
            authorize_by_request_uri(by_reference_provider, client_site.url)
        )["state"]
        == "of the object"
    )


@pytest.mark.spec(CORE, "6.2.3")
def test_a_cached_request_object_is_not_fetched_again(
    by_reference_provider, client_site
):
    serve_object(client_site, sign_request_object(build_request_object_claims()))
    authorize_by_request_uri(by_reference_provider, client_site.url)
    serve_object(client_site, "nonsense")
    assert "code" in parse_redirect(
        authorize_by_request_uri(by_reference_provider, client_site.url)
    )


@pytest.mark.spec(CORE, "6.2")
def test_a_new_fragment_hash_fetches_the_object_again(
    by_reference_provider, client_site
):
    first, second = (
        sign_request_object(build_request_object_claims(state="one")),
        sign_request_object(build_request_object_claims(state="two")),
    )
    serve_object(client_site, first)
    uri = f"{client_site.url}#{compute_hash(first)}"
    assert (
        parse_redirect(authorize_by_request_uri(by_reference_provider, uri))["state"]
        == "one"
    )
    serve_object(client_site, second)
    uri = f"{client_site.url}#{compute_hash(second)}"
    assert (
        parse_redirect(authorize_by_request_uri(by_reference_provider, uri))["state"]
        == "two"
    )


@pytest.mark.spec(CORE, "6.2")
def test_content_of_another_hash_is_refused(by_reference_provider, client_site):
    serve_object(client_site, sign_request_object(build_request_object_claims()))
    answer = authorize_by_request_uri(
        by_reference_provider, f"{client_site.url}#{compute_hash('something else')}"
    )
    assert parse_error(answer) == "invalid_request_uri"


@pytest.mark.spec(CORE, "6.2")
def test_without_hash_binding_another_hash_is_accepted(new_login_provider, client_site):
    settings = {"request_uri_hash_binding": "false", **client_site.settings}
    login_provider = new_login_provider(request_uris="true", **settings)
    login_provider.web = login_provider.register_client(skip_authorization=True)
    uri = f"{client_site.url}#{compute_hash('chosen before there was content')}"
    set_client_keys(login_provider, "ES256", request_uris=[uri])
    serve_object(client_site, sign_request_object(build_request_object_claims()))
    assert (
        parse_redirect(authorize_by_request_uri(login_provider, uri))["state"]
        == "of the object"
    )
    assert len(client_site.server.requests) == 2


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@pytest.mark.parametrize("uri", ["{}?x=1", "{}/more", "https://169.254.169.254/"])
def test_only_registered_uris_are_fetched(by_reference_provider, client_site, uri):
    serve_object(client_site, sign_request_object(build_request_object_claims()))
    answer = authorize_by_request_uri(
        by_reference_provider, uri.format(client_site.url)
    )
    assert parse_error(answer) == "invalid_request_uri"
    assert client_site.server.requests == []


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_request_uri_registered_with_a_hash_accepts_that_content_only(
    by_reference_provider, client_site
):
    token = sign_request_object(build_request_object_claims())
    uri = f"{client_site.url}#{compute_hash(token)}"
    set_client_keys(by_reference_provider, "ES256", request_uris=[uri])
    serve_object(client_site, token)
    assert "code" in parse_redirect(
        authorize_by_request_uri(by_reference_provider, uri)
    )
    assert (
        request_uri_error(by_reference_provider, client_site.url)
        == "invalid_request_uri"
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_a_request_uri_that_cannot_be_fetched_is_invalid_request_uri(
    by_reference_provider, client_site
):
    client_site.server.respond_with(http(b"gone", status="404 Not Found"))
    assert (
        request_uri_error(by_reference_provider, client_site.url)
        == "invalid_request_uri"
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_malformed_fetched_content_is_invalid_request_object(
    by_reference_provider, client_site
):
    serve_object(client_site, "<html>")
    assert (
        request_uri_error(by_reference_provider, client_site.url)
        == "invalid_request_object"
    )


@pytest.mark.spec(CORE, "6")
def test_request_and_request_uri_together_are_refused(
    by_reference_provider, client_site
):
    serve_object(client_site, sign_request_object(build_request_object_claims()))
    answer = authorize_by_request_uri(
        by_reference_provider,
        client_site.url,
        request=sign_request_object(build_request_object_claims()),
    )
    assert parse_error(answer) == "invalid_request"


@pytest.mark.spec("RFC 9101", "10.8")
def test_unsigned_fetched_objects_need_registration(by_reference_provider, client_site):
    serve_object(
        client_site, build_unsigned_request_object(build_request_object_claims())
    )
    assert (
        request_uri_error(by_reference_provider, client_site.url)
        == "request_uri_not_supported"
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_request_uris_are_off_by_default(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), request_uri="https://client.example/x"
    )
    assert parse_error(answer) == "request_uri_not_supported"
