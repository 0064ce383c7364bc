"""Processing that all pages of one-time links share.

The token of a link leaves the URL with the first request: it moves into the signed
session cookie, and a redirect without referrer follows. So the token
is in no Referer field or access log of later requests, and mail scanners that follow
links do not consume them.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts.login_context import text
from pyramid_oauth.standalone.page import page, see_other, translate
from pyramid_oauth.standalone.request import Request

TOKEN = "token"

MAX_TOKEN_LENGTH = 64

INVALID_TITLE = _("This link is not valid any more")

INVALID = _(
    "It was used, it is too old, or a newer one took its place. Ask for a new one."
)


def take_token(request: Request, kind: str) -> Response | None:
    """Move the token of the URL into the session; None where the URL has none."""
    token = text(request.GET, TOKEN)
    if not token:
        return None
    request.session[_key(kind)] = token[:MAX_TOKEN_LENGTH]
    response = see_other(request.path)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def token_of(request: Request, kind: str) -> str:
    """Return the token in the session of this browser, or ""."""
    token = request.session.get(_key(kind), "")
    return token if isinstance(token, str) else ""


def forget_token(request: Request, kind: str) -> None:
    """Remove the token from the session."""
    request.session.pop(_key(kind), None)


def invalid_link(request: Request, kind: str) -> Response:
    """Return the response 410: the link was used or has expired."""
    forget_token(request, kind)
    return outcome(request, INVALID_TITLE, INVALID, status=410)


def outcome(
    request: Request,
    title: str,
    text: str,
    *,
    status: int = 200,
    route: str = "login",
    label: str = _("Log in"),
) -> Response:
    """Render a page with the result and a link to continue."""
    return page(
        request,
        "outcome",
        status=status,
        title=translate(request, title),
        message=translate(request, text),
        way_on=request.route_path(route),
        label=translate(request, label),
    )


def _key(kind: str) -> str:
    return f"link {kind}"
