"""An API that requires a strong login for one view, and a recent one for another."""

import time
from wsgiref.types import WSGIApplication

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.view import view_config

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource import InvalidToken, TokenIdentity

MFA = "https://refeds.org/profile/mfa"


def identity_of(acr: str, seconds_ago: int) -> TokenIdentity:
    """What a verifier finds about a token of such a login."""
    login = {"acr": acr, "auth_time": time.time() - seconds_ago}
    return TokenIdentity(client_id="app", user_id="alice", scope="pay", claims=login)


TOKENS = {
    "t1": identity_of("urn:example:password", 60),
    "t2": identity_of(MFA, 60),
    "t3": identity_of(MFA, 3600),
}


def verify(request: Request, token: str) -> TokenIdentity:
    """Whom a token speaks for; ask whoever issued it."""
    try:
        return TOKENS[token]
    except KeyError:
        raise InvalidToken("it is not among ours") from None


@view_config(route_name="limit", oauth_scopes="pay", oauth_acr=(MFA, "phr"))
def limit(request: Request) -> Response:
    return Response(json_body={"limit": 1000})


@view_config(
    route_name="payment", oauth_scopes="pay", oauth_acr=(MFA, "phr"), oauth_max_age=300
)
def payment(request: Request) -> Response:
    return Response(json_body={"paid": True})


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth.resource")
        config.set_oauth_token_verifier(verify)
        config.add_route("limit", "/limit")
        config.add_route("payment", "/payment")
        config.scan(__name__)
        application: WSGIApplication = config.make_wsgi_app()
        return application
