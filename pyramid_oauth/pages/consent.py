"""The consent page: what is asked, of whom, by whom, and where the answer goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.browser.locale import settle_locale
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.steps.login import hints_of
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.pages.rendering import page, target


@dataclass(frozen=True)
class ShownScope:
    """A scope as the resource owner reads it."""

    name: str
    description: str
    optional: bool
    is_new: bool


def show(authorization: Authorization) -> Response:
    """Render the page for an authorization that needs a decision."""
    request, client = authorization.request, authorization.client
    uri = authorization.oauth.redirect_uri or ""
    shown = authorization.shown
    known = [name for name in authorization.known if name not in shown]
    account: Any = authorization.account
    settle_locale(request)
    told = ClientInfo.of(client, request.locale_name)
    values = {
        "application": client,
        "client": told,
        "client_name": told.name,
        "redirect_host": urlsplit(uri).hostname or urlsplit(uri).scheme,
        "account_name": account.display_name or account.subject,
        "scopes": [_shown(authorization, name) for name in shown],
        "known_scopes": [_shown(authorization, name) for name in known],
        "csrf_token": get_csrf_token(request),
        "action": current_path(request),
        "display": _display(authorization),
        "is_interceptable": client.is_public and redirect_uris.is_interceptable(uri),
        "is_self_registered": _is_self_registered(authorization),
        "other_account": _other_account(authorization),
    }
    images = (target(told.logo),) if told.logo else ()
    return page(request, "consent", values, leads_away=True, images=images)


def _is_self_registered(authorization: Authorization) -> bool:
    """Whether anybody could register the client, and whoever did so did."""
    is_open = authorization.server.settings.registration == "open"
    return is_open and bool(authorization.client.source == REGISTRATION)


def _other_account(authorization: Authorization) -> str | None:
    """Where somebody else logs in and the same request begins anew; None: nowhere.

    A request object may be accepted once only, and a hint at somebody means nobody
    else. What `prompt` demands of the login is met by that one.
    """
    request, oauth = authorization.request, authorization.oauth
    if not authorization.may_show_parameters or "id_token_hint" in oauth.parameters:
        return None
    prompts = [word for word in authorization.prompts if word == "consent"]
    asked = {**oauth.parameters, "prompt": " ".join(prompts)}
    query = urlencode({name: value for name, value in asked.items() if value})
    path = current_path(request).rpartition("/")[0]
    url: str = authorization.server.accounts.login_url(
        request,
        f"{path}?{query}",
        reason="select_account",
        hints={k: v for k, v in hints_of(authorization).items() if k != "login_hint"},
    )
    return url


def _display(authorization: Authorization) -> str | None:
    """How the client wants it shown (OpenID Connect Core 3.1.2.1), besides a page."""
    wished = authorization.oauth.display if authorization.is_openid else None
    return wished if wished in ("popup", "touch") else None


def _shown(authorization: Authorization, name: str) -> ShownScope:
    return ShownScope(
        name=name,
        description=_described(authorization, name),
        optional=authorization.is_optional(name),
        is_new=name in authorization.missing,
    )


def _described(authorization: Authorization, name: str) -> str:
    """What a scope means; in the visitor's language where it says where to look."""
    request = authorization.request
    catalogue: Mapping[str, str] = authorization.server.scopes.catalogue(request)
    described = catalogue.get(name, name)
    if not hasattr(described, "domain"):
        return described
    translated: str = request.localizer.translate(described)
    return translated
