"""Page rendering of the ready-made server, and views of a route by method."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.http import responses
from pyramid_oauth.i18n import _
from pyramid_oauth.pages import rendering
from pyramid_oauth.protocol.refusals import new_reference, reference_of
from pyramid_oauth.standalone.request import Request

TEMPLATES = "pyramid_oauth:standalone/templates/"

TOO_MANY_REQUESTS = 429

log = logging.getLogger(__name__)

OPENER_POLICY = ("Cross-Origin-Opener-Policy", "same-origin")
"""Not on pages and redirects of a waiting authorization: it would cut a popup off from
the page of the client that opened it."""


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    leads_to: str | None = None,
    images: tuple[str, ...] = (),
    **values: object,
) -> Response:
    """Render `template` with `values` and the values that every page needs.

    `leads_to` and `images` as in `pyramid_oauth.pages.rendering.page`.
    """
    accounts: Any = request.oauth.accounts
    account = accounts.current(request)
    variables = {
        "account": account,
        "reference": _reference(request) if status == TOO_MANY_REQUESTS else None,
        "is_administrator": accounts.is_administrator(request),
        # Without a form to protect a visitor needs no session, and so no cookie.
        "csrf_token": get_csrf_token(request) if account else None,
        "here": request.path,
        **values,
    }
    response = rendering.page(
        request,
        f"{TEMPLATES}{template}.oauth",
        variables,
        status=status,
        leads_to=leads_to,
        scripts=True,
        connections=True,
        images=images,
    )
    if leads_to is None:
        response.headerlist.append(OPENER_POLICY)
    return response


def _reference(request: Request) -> str:
    """Return the reference of a refusal by a rate limit, for the log and the page."""
    reference = new_reference(request)
    address = request.remote_addr
    log.info("429 %s from %.60r (reference %s)", request.path, address, reference)
    return reference


def message(request: Request, status: int, title: str, text: str) -> Response:
    """Render a page with a title and one message."""
    return page(
        request,
        "message",
        status=status,
        title=translate(request, title),
        message=translate(request, text),
        code=None,
        reference=reference_of(request),
    )


def translate(request: Request, text: str) -> str:
    """Translate `text`, if it is a translation string, for the visitor."""
    ensure_locale(request)
    translated: str = request.localizer.translate(text)
    return translated


def see_other(path: str) -> Response:
    """Redirect the browser to `path` of this site, by GET (303)."""
    response = responses.see_other(path)
    response.headers.update(rendering.HEADERS)
    return response


def local_path(value: str | None) -> str:
    """Return `value` if it is a path of this site, else "/" (no open redirect).

    Browsers resolve "//host", "/\\host" and some control characters to other sites.
    """
    path = value or "/"
    plain = path.isascii() and path.isprintable() and " " not in path
    if not plain or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    return path


def origin(url: str) -> str:
    """Return scheme, host and port of `url`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


View = Callable[[Any], Response]


def add_page(config: Configurator, route: str, **views: View) -> None:
    """Register `views` of a page by method; a POST requires a CSRF token."""
    for method, view in views.items():
        config.add_view(
            view,
            route_name=route,
            request_method=method,
            permission=NO_PERMISSION_REQUIRED,
            require_csrf=True,
        )
    add_refusal(config, route, tuple(views), _method_not_allowed_page)


def _method_not_allowed_page(request: Request) -> Response:
    """Render the 405 page, for a user who typed the URL or went back to it."""
    return message(
        request,
        405,
        _("There is no page at this address"),
        _("It only takes what a form sends. Go on from the start page."),
    )


def _refuse(request: Request) -> Response:
    return HTTPMethodNotAllowed(headers={"Cache-Control": "no-store"})


def add_refusal(
    config: Configurator, route: str, methods: tuple[str, ...], view: View = _refuse
) -> None:
    """Answer 405, by `view`, to the methods that `route` does not support."""
    allow = ", ".join(methods + (("HEAD",) if "GET" in methods else ()))

    def refuse(request: Request) -> Response:
        response = view(request)
        response.headers["Allow"] = allow
        return response

    config.add_view(
        refuse,
        route_name=route,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
