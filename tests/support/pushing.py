"""A client that pushes its authorization requests, and a browser that brings them."""

from __future__ import annotations

import base64
import time
import uuid
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.support.host import asked, query_of, redemption

PAR = "RFC 9126"
PATH = "/oauth/par"
ISSUER = "https://as.example/oauth"
URN = "urn:ietf:params:oauth:request_uri:"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def push(host, client, status="*", headers=None, **changes):
    """Push an authorization request; the answer."""
    form = {**asked(client_id=None), **client, **changes}
    form = {name: value for name, value in form.items() if value is not None}
    return host.browser().post(PATH, form, headers=headers, status=status)


def pushed(host, client, **changes):
    """The request URI of a request that was accepted."""
    return push(host, client, 201, **changes).json["request_uri"]


def refusal(host, client, status=400, **changes):
    """The error code of a push that is refused."""
    return push(host, client, status, **changes).json["error"]


def bring(browser, request_uri, client_id="web", **more):
    """Open the authorization endpoint with a request URI; the answer."""
    query = {"client_id": client_id, "request_uri": request_uri, **more}
    query = {name: value for name, value in query.items() if value is not None}
    return browser.get("/oauth/authorize", query, expect_errors=True)


def decide(answer, decision="allow"):
    """Decide on the consent page where there is one; the answer to the client."""
    if answer.status_int == 303 and "/oauth/authorize/" in answer.location:
        answer = answer.follow()
    if answer.status_int == 200 and "oauth-consent" in answer.forms:
        answer = answer.forms["oauth-consent"].submit("decision", value=decision)
    return answer


def authorized(browser, request_uri, **more):
    """The members of the answer to the client, after consent."""
    return query_of(decide(bring(browser, request_uri, **more)))


def redeemed(host, client, code, **changes):
    """The token response for a code."""
    return host.browser().post("/oauth/token", redemption(code, client, **changes)).json


def page_error(answer, status=400):
    """The error code on an error page."""
    assert answer.status_int == status
    assert answer.content_type == "text/html"
    return answer.html.find(id="oauth-error-code").string


def basic(client_id, secret):
    """The headers of HTTP Basic."""
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def assertion(key, algorithm, client_id="web", **changes):
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


def register_public(host, client_id="web", **fields):
    """Register a client without credentials; returns the form that names it."""
    return host.application(
        client_id=client_id,
        client_type="public",
        authorization_grant_type="authorization_code",
        token_endpoint_auth_method="none",
        **fields,
    )


def query_names(url):
    """The names of the parameters in a URL."""
    return set(parse_qs(urlsplit(url).query))
