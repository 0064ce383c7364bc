"""A verifier that cannot decide: 503 with Retry-After, wherever the token is read."""

from __future__ import annotations

import pytest
from pyramid.authorization import Allow, Everyone

from pyramid_oauth.resource import (
    OAuthSecurityPolicy,
    VerifierUnavailable,
    bearer_refusal,
    identity,
)
from tests.resource.memory_host import whoami


class Nobody:
    """A security policy of a host without users."""

    def identity(self, request):
        return None

    authenticated_userid = identity

    def permits(self, request, context, permission):
        return True


class Open:
    __acl__ = ((Allow, Everyone, "see"),)

    def __init__(self, request) -> None:
        pass


def unavailable(request, token):
    raise VerifierUnavailable("the issuer does not answer", retry_after=7)


def configure(config):
    config.set_root_factory(Open)
    config.set_security_policy(OAuthSecurityPolicy(Nobody(), unscoped_views=True))
    for name in ("predicate", "permission", "asked"):
        config.add_route(name, f"/{name}")
    config.add_view(whoami, route_name="predicate", oauth_scope="read")
    config.add_view(whoami, route_name="permission", permission="see")
    config.add_view(
        lambda request: {"client": identity(request)},
        route_name="asked",
        renderer="json",
    )
    config.add_forbidden_view(
        lambda request: bearer_refusal(request) or whoami(request)
    )


@pytest.mark.filterwarnings("ignore:OAuthSecurityPolicy")
@pytest.mark.parametrize("path", ["/me", "/predicate", "/permission", "/asked"])
def test_the_request_is_neither_refused_nor_accepted(memory_host, path):
    memory_host.verifier = unavailable
    app = memory_host.app(configure)
    answer = app.get(path, headers={"Authorization": "Bearer read"}, status=503)
    assert answer.headers["Retry-After"] == "7"
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.filterwarnings("ignore:OAuthSecurityPolicy")
def test_a_request_without_a_token_is_served_during_the_outage(memory_host):
    memory_host.verifier = unavailable
    app = memory_host.app(configure)
    app.get("/permission", status=200)
    app.get("/me", status=401)
