"""The landing page and the playground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.path import AssetResolver
from pyramid.response import FileResponse, Response

from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.demo import PEOPLE, PLAYGROUND
from pyramid_oauth.standalone.demo.playground import messages
from pyramid_oauth.standalone.page import add_page, origin, page, translate
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

STATIC = "pyramid_oauth:standalone/static"

DISCOVERY = "/.well-known/openid-configuration"

COMMAND = (".venv/bin/pyramid-oauth", "application create", "development.ini")

INSTALLED = ("pyramid-oauth", "application create", "production.ini")

TITLES = {
    "authorization_endpoint": _("Authorization"),
    "token_endpoint": _("Token"),
    "revocation_endpoint": _("Revocation"),
    "introspection_endpoint": _("Introspection"),
    "jwks_uri": _("Keys"),
    "userinfo_endpoint": "UserInfo",
    "end_session_endpoint": _("Logout"),
    "registration_endpoint": _("Registration"),
}
"""The titles of metadata members."""


def landing(request: Request) -> Response:
    """Show the landing page with the documents and endpoints of the server."""
    options: StandaloneSettings = request.registry["standalone.options"]
    oauth = request.oauth
    return page(
        request,
        "landing",
        issuer=oauth.settings.issuer,
        openid=is_openid_provider(oauth.settings),
        metadata=list(_documents(request)),
        endpoints=list(_endpoints(request, oauth.server.metadata)),
        people=PEOPLE if options.development else (),
        command=COMMAND if options.development else INSTALLED,
    )


def _documents(request: Request) -> Iterator[tuple[str, str]]:
    """Yield title and path of the metadata documents."""
    yield translate(request, _("Server metadata")), _metadata_path(request)
    if is_openid_provider(request.oauth.settings):
        issuer = request.oauth.server.issuer
        path = f"{issuer.removeprefix(origin(issuer)).rstrip('/')}{DISCOVERY}"
        yield translate(request, _("OpenID configuration")), path


def _endpoints(
    request: Request, metadata: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield title and URL of the advertised endpoints."""
    for member, url in metadata.items():
        if member.endswith("_endpoint") or member == "jwks_uri":
            words = member.removesuffix("_endpoint").replace("_", " ")
            yield translate(request, TITLES.get(member, words.capitalize())), url


def playground(request: Request) -> Response:
    """Show the playground, a public client in the browser."""
    server, settings = request.oauth.server, request.oauth.settings
    site, scopes = origin(settings.issuer or ""), server.scopes.catalogue(request)
    return page(
        request,
        "playground",
        origin=site,
        metadata_path=_metadata_path(request),
        client_id=PLAYGROUND,
        redirect_uri=f"{site}/playground",
        scopes=[(name, translate(request, text)) for name, text in scopes.items()],
        openid=is_openid_provider(settings),
        words=messages(request),
    )


def icon(request: Request) -> Response:
    """Return the icon that browsers request by themselves."""
    path = AssetResolver().resolve(f"{STATIC}/icon.svg").abspath()
    return FileResponse(path, request, 86400, content_type="image/svg+xml")


def _metadata_path(request: Request) -> str:
    issuer = request.oauth.server.issuer
    path = issuer.removeprefix(origin(issuer))
    return f"/.well-known/oauth-authorization-server{path.rstrip('/')}"


def includeme(config: Configurator) -> None:
    """Add the routes and views of the pages."""
    config.add_static_view("static", STATIC, cache_max_age=3600)
    for name, pattern, view in (
        ("landing", "/", landing),
        ("playground", "/playground", playground),
        ("icon", "/favicon.ico", icon),
    ):
        config.add_route(name, pattern)
        add_page(config, name, GET=view)
