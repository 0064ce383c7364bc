"""What the consent page shows of an authorization request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.csrf import get_csrf_token

from pyramid_oauth.browser.locale import settle_locale
from pyramid_oauth.config.consent_sources import ConsentItem
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.steps.login import hints_of
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.pages.consent import ConsentPage, ShownItem


def consent_page(authorization: Authorization) -> ConsentPage:
    """The page for an authorization that needs a decision."""
    request, client = authorization.request, authorization.client
    uri = authorization.oauth.redirect_uri or ""
    shown = authorization.shown
    account: Any = authorization.account
    settle_locale(request)
    return ConsentPage(
        application=client,
        client=ClientInfo.of(client, request.locale_name),
        redirect_host=urlsplit(uri).hostname or urlsplit(uri).scheme,
        account_name=account.display_name or account.subject,
        items=[_shown(authorization, item) for item in shown],
        known_items=[
            _shown(authorization, item)
            for item in authorization.known
            if item not in shown
        ],
        csrf_token=get_csrf_token(request),
        action=current_path(request),
        display=_display(authorization),
        is_interceptable=client.is_public and redirect_uris.is_interceptable(uri),
        notices=[
            notice
            for source, _ in authorization.brought_items
            for notice in source.notices(authorization)
        ],
        other_account=_other_account(authorization),
    )


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
    wished = authorization.display
    return wished if wished in ("popup", "touch") else None


def _shown(authorization: Authorization, item: ConsentItem) -> ShownItem:
    return ShownItem(
        kind=item.kind,
        name=item.name,
        label=_translated(authorization.request, item.label),
        optional=item.optional,
        is_new=item in authorization.missing,
        template=item.template,
        data=item.data,
    )


def _translated(request: Any, label: str) -> str:
    """The label, in the visitor's language where it says where to look."""
    if not hasattr(label, "domain"):
        return label
    translated: str = request.localizer.translate(label)
    return translated
