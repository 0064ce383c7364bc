"""What a protected view requires, it requires of tokens of every verifier."""

from __future__ import annotations

import time

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.resource.verify import Introspection, OfflineJWT, SecretBasic
from tests.resource.verify.issuer import API

WEAK = "insufficient_user_authentication"

CASES = {
    "sufficient": ({}, 200, ""),
    "another class of those": ({"acr": "phr"}, 200, ""),
    "for another API": ({"aud": "https://other.example"}, 401, "invalid_token"),
    "without audience": ({"aud": None}, 401, "invalid_token"),
    "bound to what nobody checks": ({"cnf": {"x": "y"}}, 401, "invalid_token"),
    "without the scope": ({"scope": "write"}, 403, "insufficient_scope"),
    "weak login": ({"acr": "silver"}, 401, WEAK),
    "login of no class": ({"acr": None}, 401, WEAK),
    "class of another case": ({"acr": "Gold"}, 401, WEAK),
    "several classes": ({"acr": ["gold"]}, 401, WEAK),
    "old login": ({"auth_time": lambda now: now - 400}, 401, WEAK),
    "login without time": ({"auth_time": None}, 401, WEAK),
    "login in the future": ({"auth_time": lambda now: now + 400}, 401, WEAK),
    "time that is text": ({"auth_time": str}, 401, WEAK),
    "client of its own": ({"sub": "app"}, 401, WEAK),
    "for another API, without scope": (
        {"aud": "https://other.example", "scope": "write"},
        401,
        "invalid_token",
    ),
    "without scope, with a weak login": ({"scope": "", "acr": None}, 401, WEAK),
}


def claims_of(changes):
    claims = {
        "client_id": "app",
        "sub": "alice",
        "scope": "read",
        "aud": API,
        "acr": "gold",
        "auth_time": lambda now: now - 200,
    }
    now = int(time.time())
    given = {
        name: value(now) if callable(value) else value
        for name, value in (claims | changes).items()
    }
    return {name: value for name, value in given.items() if value is not None}


def use_database(issuer, claims):
    """Return a verifier of the host, as that of a database is one, and a token."""
    audience = claims.get("aud")
    known = TokenIdentity(
        client_id=claims["client_id"],
        user_id=None if claims["sub"] == "app" else claims["sub"],
        scope=claims["scope"],
        audience=(audience,) if audience else (),
        claims=claims,
    )
    return lambda request, token: known, "opaque"


def use_introspection(issuer, claims):
    expiry = int(time.time()) + 60
    answer = {"active": True, "token_type": "Bearer", "exp": expiry, **claims}
    issuer.tokens["opaque"] = answer
    verifier = Introspection(SecretBasic("api", "s3cret"), issuer=issuer.url)
    return lambda request, token: verifier.verify(token), "opaque"


def use_jwt(issuer, claims):
    token = issuer.jwt(**{"aud": None, **claims})
    verifier = OfflineJWT(issuer.url, audience=(API, "https://other.example"))
    return lambda request, token: verifier.verify(token), token


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.spec("RFC 9470", "3")
@pytest.mark.spec("RFC 9470", "6")
@pytest.mark.spec("RFC 9728", "7.4")
@pytest.mark.parametrize("use", [use_database, use_introspection, use_jwt])
@pytest.mark.parametrize("case", CASES)
def test_a_view_refuses_alike_whatever_verifies(issuer, use, case):
    changes, status, error = CASES[case]
    verify, token = use(issuer, claims_of(changes))
    config = Configurator()
    config.include("pyramid_oauth.resource")
    config.set_oauth_token_verifier(verify)
    config.add_oauth_protected_resource(API)
    config.add_route("vault", "/vault")
    config.add_view(
        lambda request: Response("opened"),
        route_name="vault",
        oauth_scopes="read",
        oauth_acr=("gold", "phr"),
        oauth_max_age=300,
    )
    headers = {"Authorization": f"Bearer {token}"}
    answer = TestApp(config.make_wsgi_app()).get(
        "/vault", headers=headers, expect_errors=True
    )
    assert answer.status_int == status, answer.headers
    if error:
        challenge = answer.headers.getall("WWW-Authenticate")[0]
        assert answer.json["error"] == error
        assert f'error="{error}"' in challenge
        assert "resource_metadata=" in challenge
        is_weak = error == WEAK
        assert ('acr_values="gold phr", max_age="300"' in challenge) is is_weak
        lacks_scope = "read" not in changes.get("scope", "read")
        assert ('scope="read"' in challenge) is (lacks_scope or not is_weak)


def test_a_resource_may_name_the_issuers_of_its_tokens(issuer, other_issuer):
    """A process that trusts several issuers gives each a resource of its own."""

    def verify(request, token):
        for each in (issuer, other_issuer):
            verifier = OfflineJWT(each.url, audience=API)
            try:
                return verifier.verify(token)
            except InvalidToken:
                continue
        raise InvalidToken("of nobody")

    config = Configurator()
    config.include("pyramid_oauth.resource")
    config.set_oauth_token_verifier(verify)
    config.add_oauth_protected_resource(API, issuers=issuer.url)
    config.add_route("vault", "/vault")
    config.add_view(
        lambda request: Response("opened"), route_name="vault", oauth_scopes="read"
    )
    app = TestApp(config.make_wsgi_app())
    for each, status in ((issuer, 200), (other_issuer, 401)):
        headers = {"Authorization": f"Bearer {each.jwt()}"}
        app.get("/vault", headers=headers, status=status)
    metadata = app.get("/.well-known/oauth-protected-resource").json
    assert metadata["authorization_servers"] == [issuer.url]
