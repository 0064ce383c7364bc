"""Contents of the consent page of an authorization request (RFC 6749 4.1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.config.consent_sources import ConsentItem, client_notices
from pyramid_oauth.endpoints.authorize.client_identity import former_identity
from pyramid_oauth.endpoints.authorize.context import Authorization, Carrier
from pyramid_oauth.endpoints.authorize.json_consent import consent_document
from pyramid_oauth.endpoints.authorize.steps.login import hints_of
from pyramid_oauth.http.responses import json_object, see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.pages.client_info import show_client
from pyramid_oauth.pages.consent import ConsentPage, ShownItem, render_consent_page
from pyramid_oauth.pages.settings import PagesSettings
from pyramid_oauth.settings.scopes import RISKS


def show_consent_page(authorization: Authorization) -> Response:
    """Return the page: for a script as JSON, or the host's own by a redirect."""
    request = authorization.request
    if authorization.answers_json:
        document = consent_document(authorization, consent_page(authorization))
        return json_object(request, document)
    own = authorization.server.settings[PagesSettings].consent_url
    if own is not None:
        mark = "&" if "?" in own else "?"
        return see_other(f"{own}{mark}{urlencode({'request': current_path(request)})}")
    return render_consent_page(request, consent_page(authorization))


def consent_page(authorization: Authorization) -> ConsentPage:
    """Return the page for a request that needs a decision."""
    request, client = authorization.request, authorization.oauth.client
    uri = authorization.oauth.redirect_uri or ""
    # Where nothing is new the page asks about everything once more.
    asked, others = authorization.new_items, authorization.remembered_items
    if not asked:
        asked, others = others, ()
    account: Any = authorization.account
    remembered = authorization.remembered
    sources = authorization.server.consent_sources.values()
    ensure_locale(request)
    return ConsentPage(
        application=client,
        client=show_client(authorization.server, client, request.locale_name),
        redirect_host=urlsplit(uri).hostname or urlsplit(uri).scheme,
        redirect_uri=uri,
        is_verified=not client_notices(sources, client),
        is_first=remembered is not None and remembered.id is None,
        allowed_since=remembered.created_at if remembered is not None else None,
        former=former_identity(authorization),
        account_name=account.display_name or account.subject,
        account_email=account.email,
        items=_describe_items(authorization, asked),
        known_items=_describe_items(authorization, others),
        csrf_token=get_csrf_token(request),
        action=current_path(request),
        display=_display(authorization),
        is_interceptable=client.is_public and redirect_uris.is_interceptable(uri),
        notices=[
            notice
            for source, _ in authorization.items_by_source
            for notice in source.notices(authorization)
        ],
        connections_url=_connections_url(authorization),
        other_account=_other_account(authorization),
    )


CONNECTIONS = "connections"
"""The endpoint, of an extension or of the host, where users withdraw access."""


def _connections_url(authorization: Authorization) -> str | None:
    server = authorization.server
    return server.url(CONNECTIONS) if CONNECTIONS in server.endpoints else None


def _other_account(authorization: Authorization) -> str | None:
    """Return the login page for another account, which then repeats the request.

    None where it cannot be repeated: a request object may be accepted only once, a
    request for certain users (`id_token_hint`) allows no other account, and no private
    parameter is put into a URL. Left out are private hints, which are about this
    account, and the values of `prompt` that demand a login, since this one meets them.
    """
    request, oauth = authorization.request, authorization.oauth
    is_plain = authorization.carrier is Carrier.PLAIN
    if not is_plain or authorization.requirements.accepts is not None:
        return None
    private = oauth.known.private
    hints = private.intersection(oauth.known.login_hints)
    if not (private - hints).isdisjoint(oauth.parameters):
        return None
    prompt = "consent" if "consent" in authorization.prompts else ""
    kept = {k: v for k, v in oauth.parameters.items() if k not in hints}
    parameters = {**kept, "prompt": prompt}
    query = urlencode({name: value for name, value in parameters.items() if value})
    path = current_path(request).rpartition("/")[0]
    url: str = authorization.server.accounts.login_url(
        request,
        f"{path}?{query}",
        reason="select_account",
        hints={k: v for k, v in hints_of(authorization).items() if k not in hints},
    )
    return url


def _display(authorization: Authorization) -> str | None:
    """The value of `display` if the page supports it (OpenID Connect Core 3.1.2.1)."""
    display = authorization.display
    return display if display in ("popup", "touch") else None


def _describe_items(
    authorization: Authorization, items: Iterable[ConsentItem]
) -> list[ShownItem]:
    """Describe the items, those of the highest risk first."""
    described = [_describe(authorization, item) for item in items]
    return sorted(described, key=lambda item: RISKS.index(item.risk))


def _describe(authorization: Authorization, item: ConsentItem) -> ShownItem:
    label = item.label
    if type(label) is not str:  # a TranslationString
        label = authorization.request.localizer.translate(label)
    return ShownItem(
        kind=item.kind,
        name=item.name,
        label=label,
        optional=item.optional,
        is_new=item in authorization.new_items,
        template=item.template,
        data=item.data,
        icon=item.icon,
        risk=item.risk,
    )
