"""The node `client_logos`: one logo, by its signed URL.

The signature prevents use as an open proxy: the server fetches only URLs that its own
pages contain. It reads no table, so no transaction is open during a fetch.
"""

from __future__ import annotations

import logging
from urllib.parse import urlencode, urlsplit

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.config.services import build_fetcher
from pyramid_oauth.extensions.client_logos.pictures import ACCEPT, picture_type
from pyramid_oauth.extensions.client_logos.settings import ClientLogoSettings
from pyramid_oauth.fetch import Fetcher, FetchError
from pyramid_oauth.hashing import hmac_sha256, is_hmac_sha256
from pyramid_oauth.http.forms import read_query
from pyramid_oauth.http.responses import NO_SNIFF, NO_STORE, not_allowed
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings import Settings
from pyramid_oauth.tree import Endpoint

log = logging.getLogger(__name__)

NAME = "client_logos"

METHODS = ("GET", "HEAD")

FETCHER = "pyramid_oauth.client_logos.fetcher"
"""The key of the fetcher of logos in the registry."""

BROWSER_CACHE = 3600
"""Seconds for which a browser keeps a logo."""

_HEADERS = (
    NO_SNIFF,
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class ClientLogos(Endpoint):
    """`client_logos`: the logos of clients."""


def signed_url(server: Server, logo: str) -> str:
    """Return the path from which pages load the logo at the URL `logo`."""
    signature = hmac_sha256(server.settings.secret[0], NAME, logo)
    query = urlencode({"url": logo, "signature": signature})
    return f"{urlsplit(server.url(NAME)).path}?{query}"


def show_logo(context: ClientLogos, request: ServerRequest) -> Response:
    """Send the logo, or 404: the page then shows the first letter of the name."""
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    server: Server = request.oauth.server
    try:
        parameters = read_query(request)
    except OAuth2Error:
        return _not_found()
    url, signature = parameters.get("url", ""), parameters.get("signature", "")
    # Accept every current secret, so that open pages still work after a rotation.
    keys = server.settings.secret
    if not any(is_hmac_sha256(signature, key, NAME, url) for key in keys):
        return _not_found()
    return _fetch(request, server, url)


def _fetch(request: ServerRequest, server: Server, url: str) -> Response:
    try:
        content = _fetcher(request, server.settings).get(url, ACCEPT).body
    except FetchError as error:
        if not error.cached:
            log.warning("the logo %.300r is not shown: %s", url, error.reason)
        return _not_found()
    media_type = picture_type(content)
    limit = server.settings[ClientLogoSettings].client_logo_bytes
    if media_type is None or len(content) > limit:
        return _not_found()
    response = Response(content, content_type=media_type, charset=None)
    response.headerlist.append(("Cache-Control", f"public, max-age={BROWSER_CACHE}"))
    response.headerlist.extend(_HEADERS)
    return response


def _fetcher(request: ServerRequest, settings: Settings) -> Fetcher:
    """Return the fetcher of logos; the first call creates it."""
    registry, section = request.registry, settings[ClientLogoSettings]
    if FETCHER not in registry:
        registry[FETCHER] = build_fetcher(
            settings,
            max_bytes=section.client_logo_bytes,
            cache_max_entries=section.client_logo_count,
            min_age=section.client_logo_age,
            max_age=max(section.client_logo_age, 86400),
            # Slow logo servers block this thread, not those that fetch documents.
            max_waiting=1,
        )
    fetcher: Fetcher = registry[FETCHER]
    return fetcher


def _not_found() -> Response:
    response = Response(status=404, headerlist=[NO_STORE, *_HEADERS])
    response.content_length = 0
    return response
