"""Request objects by value and by reference (OpenID Connect Core section 6)."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import pytest

from tests.oidf.flow import CODE, HYBRID, Kind, kinds
from tests.oidf.jose import build_unsigned_jwt, sign

pytestmark = pytest.mark.slow
DYNAMIC = (Kind("code", "dynamic"), HYBRID)


def build_object_request(flow, encode=build_unsigned_jwt, **plain_changes):
    """A request, the request object with it, and the parameters beside the object."""
    request = flow.suite.build_request(flow.client, flow.response_type)
    claims = {
        "iss": flow.client.id,
        "aud": flow.suite.provider.issuer,
        **request,
    }
    plain_parameters = {
        name: request[name]
        for name in ("client_id", "response_type", "scope", "redirect_uri")
    }
    return request, encode(claims), {**plain_parameters, **plain_changes}


def publish_at_new_uri(flow, text):
    """Publish a request object; returns its URL.

    The suite registers the URL before it knows the content: the hash is of nothing.
    """
    path = f"/test/a/pyramid_oauth/requesturi/{secrets.token_urlsafe(48)}"
    publish_object(flow, path, text)
    return f"{flow.suite.listener.origin}{path}#{secrets.token_urlsafe(32)}"


def publish_object(flow, uri, text):
    flow.suite.listener.pages[urlsplit(uri).path] = ("application/jwt", text)


def complete_request(flow, request, plain_parameters):
    """Send the parameters, and check the response to the request in the object."""
    flow.suite.visit(plain_parameters)
    answer = flow.suite.read_response(request)
    assert "error" not in answer.members, answer.members
    if "code" in answer.members:
        token = flow.suite.redeem_code(flow.client, answer)["id_token"]
        flow.suite.validate_id_token(flow.client, token, request)
    return answer


@pytest.mark.module(
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"
)
@pytest.mark.spec("OpenID Connect Core", "6.1")
@kinds(*CODE, HYBRID)
def test_an_unsigned_object_by_value_is_accepted(flow):
    request, request_object, plain_parameters = build_object_request(flow)
    complete_request(flow, request, {**plain_parameters, "request": request_object})


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@kinds(Kind("code", "dynamic"))
def test_an_unsigned_object_of_a_client_that_signs_is_refused(flow):
    flow.client = flow.new_client("client", request_object_signing_alg="RS256")
    request, request_object, plain_parameters = build_object_request(
        flow, state="outside"
    )
    flow.suite.visit({**plain_parameters, "request": request_object})
    answer = flow.suite.read_response({**request, "state": "outside"})
    assert answer["error"] in ("request_not_supported", "invalid_request_object")


@pytest.mark.module("oidcc-ensure-request-object-with-redirect-uri")
@pytest.mark.spec("OpenID Connect Core", "6.1")
@kinds(*CODE, HYBRID)
def test_the_redirect_uri_of_the_object_is_used(flow):
    wrong = f"{flow.suite.callback}/{secrets.token_urlsafe(5)}"
    request, request_object, plain_parameters = build_object_request(
        flow, redirect_uri=wrong
    )
    complete_request(flow, request, {**plain_parameters, "request": request_object})


@pytest.mark.module("oidcc-request-uri-unsigned")
@pytest.mark.module(
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
)
@pytest.mark.spec("OpenID Connect Core", "6.2")
@kinds(*DYNAMIC)
def test_an_unsigned_object_by_reference_is_accepted(flow):
    uri = publish_at_new_uri(flow, "")
    flow.client = flow.new_client("client", request_uris=[uri])
    request, request_object, plain_parameters = build_object_request(flow)
    publish_object(flow, uri, request_object)
    complete_request(flow, request, {**plain_parameters, "request_uri": uri})


@pytest.mark.module(
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
)
@kinds(*CODE)
def test_an_object_at_an_unregistered_uri_is_refused(flow):
    request, request_object, plain_parameters = build_object_request(
        flow, state="outside"
    )
    flow.suite.visit(
        {**plain_parameters, "request_uri": publish_at_new_uri(flow, request_object)}
    )
    answer = flow.suite.read_response({**request, "state": "outside"})
    assert answer["error"] in ("request_uri_not_supported", "invalid_request_uri")


@pytest.mark.module("oidcc-request-uri-signed-rs256")
@pytest.mark.spec("OpenID Connect Core", "6.2")
@kinds(*DYNAMIC)
def test_a_signed_object_by_reference_is_accepted(flow):
    uri = publish_at_new_uri(flow, "")
    flow.client = flow.suite.register_with_keys(
        request_uris=[uri], request_object_signing_alg="RS256"
    )
    key = next(iter(flow.client.keys))
    request, request_object, plain_parameters = build_object_request(
        flow, lambda claims: sign(claims, key)
    )
    publish_object(flow, uri, request_object)
    complete_request(flow, request, {**plain_parameters, "request_uri": uri})
