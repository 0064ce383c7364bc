"""A client that pushes authorization requests, and a browser that opens them."""

from __future__ import annotations

import base64
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from webtest import TestApp, TestResponse

from tests.support.host import (
    Host,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.types import Credentials, Form, Headers, Metadata, Status

PAR = "RFC 9126"
PATH = "/oauth/par"
ISSUER = "https://as.example/oauth"
URN = "urn:ietf:params:oauth:request_uri:"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def push(
    host: Host,
    client: Credentials,
    status: Status = "*",
    headers: Headers = None,
    **changes: str | None,
) -> TestResponse:
    """Push an authorization request; the answer."""
    form = {**build_authorization_request(client_id=None), **client, **changes}
    form = {name: value for name, value in form.items() if value is not None}
    return host.browser().post(PATH, form, headers=headers, status=status)


def push_request_uri(host: Host, client: Credentials, **changes: Any) -> str:
    """The request URI of a request that was accepted."""
    result: str = push(host, client, 201, **changes).json["request_uri"]
    return result


def push_error(
    host: Host, client: Credentials, status: Status = 400, **changes: Any
) -> str:
    """The error code of a push that is refused."""
    result: str = push(host, client, status, **changes).json["error"]
    return result


def open_request_uri(
    browser: TestApp, request_uri: str, client_id: str = "web", **more: str | None
) -> TestResponse:
    """Open the authorization endpoint with a request URI; the answer."""
    query = {"client_id": client_id, "request_uri": request_uri, **more}
    query = {name: value for name, value in query.items() if value is not None}
    return browser.get("/oauth/authorize", query, expect_errors=True)


def submit_decision(answer: TestResponse, decision: str = "allow") -> TestResponse:
    """Decide on the consent page where there is one; the answer to the client."""
    if answer.status_int == 303 and "/oauth/authorize/" in answer.location:
        answer = answer.follow()
    if answer.status_int == 200 and "oauth-consent" in answer.forms:
        answer = answer.forms["oauth-consent"].submit("decision", value=decision)
    return answer


def authorize_pushed_request(browser: TestApp, request_uri: str, **more: str) -> Form:
    """The members of the answer to the client, after consent."""
    return parse_redirect(
        submit_decision(open_request_uri(browser, request_uri, **more))
    )


def redeem_code(
    host: Host, client: Credentials, code: str, **changes: str | None
) -> Metadata:
    """The token response for a code."""
    result: Metadata = (
        host.browser()
        .post("/oauth/token", build_code_exchange(code, client, **changes))
        .json
    )
    return result


def parse_error_page(answer: TestResponse, status: Status = 400) -> str:
    """The error code on an error page."""
    assert answer.status_int == status
    assert answer.content_type == "text/html"
    result: str = answer.html.find(id="oauth-error-code").string
    return result


def build_basic_headers(client_id: str, secret: str) -> dict[str, str]:
    """The headers of HTTP Basic."""
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def build_client_assertion(
    key: Any, algorithm: str, client_id: str = "web", **changes: Any
) -> Form:
    """A client assertion as parameters; None leaves a claim out."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "jti": uuid.uuid4().hex,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode(claims, key, algorithm),
    }


def register_public(host: Host, client_id: str = "web", **fields: Any) -> Credentials:
    """Register a client without credentials; returns the form that names it."""
    return host.register_client(
        client_id=client_id,
        client_type="public",
        authorization_grant_type="authorization_code",
        token_endpoint_auth_method="none",
        **fields,
    )


def parse_query_names(url: str) -> set[str]:
    """The names of the parameters in a URL."""
    return set(parse_qs(urlsplit(url).query))
