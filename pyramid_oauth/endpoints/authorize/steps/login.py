"""Who is at the browser; nobody is sent to log in (OpenID Connect Core 3.1.2.3)."""

from __future__ import annotations

from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.answer import see_other
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.endpoints.authorize.owner import resource_owner

HINTS = ("login_hint", "ui_locales", "display")


def find_resource_owner(authorization: Authorization) -> Response | None:
    """Who is at the browser; nobody is sent to log in and comes back here."""
    server, request = authorization.server, authorization.request
    authorization.account = resource_owner(request, server)
    if authorization.account is not None:
        authorization.oauth.user = authorization.account.subject
        return None
    if "none" in (authorization.oauth.prompt or "").split():
        raise CustomOAuth2Error("login_required", "Nobody is logged in.")
    parameters = authorization.oauth.parameters
    hints = {name: parameters[name] for name in HINTS if name in parameters}
    return see_other(
        server.accounts.login_url(
            request, return_path(authorization), reason="login", hints=hints
        )
    )


def return_path(authorization: Authorization) -> str:
    """The path that takes this request up again."""
    request = authorization.request
    path: str = request.path
    if authorization.pending is not None:
        return path
    return f"{path}?{urlencode(authorization.oauth.parameters)}"
