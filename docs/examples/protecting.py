"""An API in a process of its own: no tables, tokens verified by whom you name."""

from wsgiref.types import WSGIApplication

from pyramid.authorization import ACLHelper, Allow, Authenticated
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.view import forbidden_view_config, view_config

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.interfaces.security import Headers
from pyramid_oauth.resource import (
    InvalidToken,
    OAuthSecurityPolicy,
    TokenIdentity,
    any_of,
    bearer_refusal,
    by_method,
    identity,
)

TOKENS = {
    "t1": TokenIdentity(client_id="app", user_id="alice", scope="read"),
    "t2": TokenIdentity(client_id="app", user_id="alice", scope="read write"),
    "t3": TokenIdentity(client_id="robot", scope="admin"),
}


def verify(request: Request, token: str) -> TokenIdentity:
    """Whom a token speaks for; ask whoever issued it."""
    try:
        return TOKENS[token]
    except KeyError:
        raise InvalidToken("it is not among ours") from None


class Policy:
    """Your own policy, for requests without a token."""

    def identity(self, request: Request) -> str | None:
        return request.cookies.get("user")

    authenticated_userid = identity

    def permits(self, request: Request, context: object, permission: str) -> object:
        user = self.identity(request)
        known = ["system.Everyone", *([Authenticated, user] if user else [])]
        return ACLHelper().permits(context, known, permission)

    def remember(self, request: Request, userid: str, **kw: object) -> Headers:
        return []

    def forget(self, request: Request, **kw: object) -> Headers:
        return []


class Notes:
    """A resource whose access control list knows users, scopes and clients."""

    __acl__ = (
        (Allow, Authenticated, "see"),
        (Allow, "scope:admin", "see"),
        (Allow, "alice", "settings"),
    )

    def __init__(self, request: Request) -> None:
        pass


@view_config(
    route_name="notes",
    oauth_scopes=by_method(read="read", write="write"),
    request_method=("GET", "POST"),
)
def notes(request: Request) -> Response:
    token = identity(request)
    assert token is not None  # the view has oauth_scopes
    return Response(json_body={"user": token.user_id})


@view_config(route_name="count", oauth_scopes=any_of("read", "admin"), permission="see")
def count(request: Request) -> Response:
    token = identity(request)
    assert token is not None
    return Response(json_body={"client": token.client_id})


@view_config(route_name="settings", permission="settings")
def settings_page(request: Request) -> Response:
    return Response("a page for people")


@forbidden_view_config()
def forbidden(request: Request) -> Response:
    return bearer_refusal(request) or Response("log in first", status=403)


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    with Configurator(settings=settings, root_factory=Notes) as config:
        config.include("pyramid_oauth.resource")
        config.set_oauth_token_verifier(verify)
        config.set_security_policy(OAuthSecurityPolicy(Policy()))
        for name in ("notes", "count", "settings"):
            config.add_route(name, f"/{name}")
        config.scan(__name__)
        application: WSGIApplication = config.make_wsgi_app()
        return application
