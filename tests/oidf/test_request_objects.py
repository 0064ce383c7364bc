"""Request objects by value and by reference (OpenID Connect Core section 6)."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import pytest

from tests.oidf.flow import CODE, HYBRID, Kind, kinds
from tests.oidf.jose import signed, unsigned

pytestmark = pytest.mark.slow
DYNAMIC = (Kind("code", "dynamic"), HYBRID)


def split(flow, make=unsigned, **outside):
    """A request of which all is in an object that `make` makes; returns both."""
    asked = flow.suite.request(flow.client, flow.response_type)
    claims = {
        "iss": flow.client.id,
        "aud": flow.suite.provider.issuer,
        **asked,
    }
    plain = {
        name: asked[name]
        for name in ("client_id", "response_type", "scope", "redirect_uri")
    }
    return asked, make(claims), {**plain, **outside}


def published(flow, text):
    """Publish a request object; returns its URL.

    The suite registers the URL before it knows the content: the hash is of nothing.
    """
    path = f"/test/a/pyramid_oauth/requesturi/{secrets.token_urlsafe(48)}"
    publish(flow, path, text)
    return f"{flow.suite.listener.origin}{path}#{secrets.token_urlsafe(32)}"


def publish(flow, uri, text):
    flow.suite.listener.pages[urlsplit(uri).path] = ("application/jwt", text)


def finish(flow, asked, plain):
    """Send the request, and expect an answer to what the object asked."""
    flow.suite.visit(plain)
    answer = flow.suite.answer(asked)
    assert "error" not in answer.members, answer.members
    if "code" in answer.members:
        token = flow.suite.redeem(flow.client, answer)["id_token"]
        flow.suite.id_token(flow.client, token, asked)
    return answer


@pytest.mark.module(
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"
)
@pytest.mark.spec("OpenID Connect Core", "6.1")
@kinds(*CODE, HYBRID)
def test_an_unsigned_object_by_value_is_accepted(flow):
    asked, request, plain = split(flow)
    finish(flow, asked, {**plain, "request": request})


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@kinds(Kind("code", "dynamic"))
def test_an_unsigned_object_of_a_client_that_signs_is_refused(flow):
    flow.client = flow.new_client("client", request_object_signing_alg="RS256")
    asked, request, plain = split(flow, state="outside")
    flow.suite.visit({**plain, "request": request})
    answer = flow.suite.answer({**asked, "state": "outside"})
    assert answer["error"] in ("request_not_supported", "invalid_request_object")


@pytest.mark.module("oidcc-ensure-request-object-with-redirect-uri")
@pytest.mark.spec("OpenID Connect Core", "6.1")
@kinds(*CODE, HYBRID)
def test_the_redirect_uri_of_the_object_is_used(flow):
    wrong = f"{flow.suite.callback}/{secrets.token_urlsafe(5)}"
    asked, request, plain = split(flow, redirect_uri=wrong)
    finish(flow, asked, {**plain, "request": request})


@pytest.mark.module("oidcc-request-uri-unsigned")
@pytest.mark.module(
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
)
@pytest.mark.spec("OpenID Connect Core", "6.2")
@kinds(*DYNAMIC)
def test_an_unsigned_object_by_reference_is_accepted(flow):
    uri = published(flow, "")
    flow.client = flow.new_client("client", request_uris=[uri])
    asked, request, plain = split(flow)
    publish(flow, uri, request)
    finish(flow, asked, {**plain, "request_uri": uri})


@pytest.mark.module(
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
)
@kinds(*CODE)
def test_an_object_at_an_unregistered_uri_is_refused(flow):
    asked, request, plain = split(flow, state="outside")
    flow.suite.visit({**plain, "request_uri": published(flow, request)})
    answer = flow.suite.answer({**asked, "state": "outside"})
    assert answer["error"] in ("request_uri_not_supported", "invalid_request_uri")


@pytest.mark.module("oidcc-request-uri-signed-rs256")
@pytest.mark.spec("OpenID Connect Core", "6.2")
@kinds(*DYNAMIC)
def test_a_signed_object_by_reference_is_accepted(flow):
    uri = published(flow, "")
    flow.client = flow.suite.with_keys(
        request_uris=[uri], request_object_signing_alg="RS256"
    )
    key = next(iter(flow.client.keys))
    asked, request, plain = split(flow, lambda claims: signed(claims, key))
    publish(flow, uri, request)
    finish(flow, asked, {**plain, "request_uri": uri})
