"""Third-party initiated login at a client (OpenID Connect Core section 4).

The page has a link and does not redirect, so that a registered client cannot make an
open redirector of it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from pyramid_oauth.standalone.accounts.adapter import username_of
from pyramid_oauth.standalone.accounts.login_context import text
from pyramid_oauth.standalone.page import add_page, page
from pyramid_oauth.standalone.request import Request


def show(request: Request) -> Response:
    """Show the link to the client in `client_id` (GET)."""
    client_id = text(request.GET, "client_id")
    url = request.oauth.initiate_login_url(
        client_id, login_hint=username_of(request) or None
    )
    if url is None:
        raise HTTPNotFound
    return page(
        request, "launch", url=url, host=urlsplit(url).hostname, client_id=client_id
    )


def includeme(config: Configurator) -> None:
    """Add the route and the view."""
    config.add_route("launch", "/launch")
    add_page(config, "launch", GET=show)
