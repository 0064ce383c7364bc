"""Registers the views of a route by method, and 405 for every other method.

RFC 9110 section 15.5.6. Pyramid's predicate alone would answer 404.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.page import message

View = Callable[[Any], Response]


def add_page(config: Configurator, route: str, **views: View) -> None:
    """`views` of a page by method; a POST wants its CSRF token."""
    for method, view in views.items():
        config.add_view(
            view,
            route_name=route,
            request_method=method,
            permission=NO_PERMISSION_REQUIRED,
            require_csrf=True,
        )
    add_refusal(config, route, tuple(views), _say_so)


def _say_so(request: Any) -> Response:
    """To a person who typed the address, or went back to it."""
    return message(
        request,
        405,
        _("There is no page at this address"),
        _("It only takes what a form sends. Go on from the start page."),
    )


def _refuse(request: Any) -> Response:
    return HTTPMethodNotAllowed(headers={"Cache-Control": "no-store"})


def add_refusal(
    config: Configurator, route: str, methods: tuple[str, ...], view: View = _refuse
) -> None:
    """405 for the methods that `route` does not know; `view` makes the answer."""
    allow = ", ".join(methods + (("HEAD",) if "GET" in methods else ()))

    def refuse(request: Any) -> Response:
        response = view(request)
        response.headers["Allow"] = allow
        return response

    config.add_view(
        refuse,
        route_name=route,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
