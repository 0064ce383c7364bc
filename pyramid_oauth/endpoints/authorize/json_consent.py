"""JSON form of the consent page, for a front end of the host (RFC 6749 4.1.1).

It has what the page has. The decision is checked in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from markupsafe import Markup
from pyramid.renderers import render

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.pages.consent import ConsentPage, ShownItem


def consent_document(authorization: Authorization, page: ConsentPage) -> dict[str, Any]:
    """Return the contents of the consent page as JSON."""
    since = page.allowed_since
    return {
        "status": "consent_required",
        "client": {
            **describe_client(page.client),
            "client_id": page.application.client_id,
            "is_verified": page.is_verified,
            "allowed_since": since.isoformat() if since else None,
            "former": _former(page),
        },
        "destination": {"host": page.redirect_host, "uri": page.redirect_uri},
        "account": {"name": page.account_name, "email": page.account_email},
        "items": _items(page.items),
        "known_items": _items(page.known_items),
        "is_interceptable": page.is_interceptable,
        "notices": [_text(authorization, page, notice) for notice in page.notices],
        "display": page.display,
        "links": {
            "other_account": page.other_account,
            "connections": page.connections_url,
        },
        "decision": {"url": page.action, "csrf_token": page.csrf_token},
    }


def describe_client(client: ClientInfo) -> dict[str, Any]:
    """Return what a client says of itself."""
    return asdict(client)


def _former(page: ConsentPage) -> dict[str, Any] | None:
    """Return the name and the hosts that the client had when it was allowed."""
    if page.former is None:
        return None
    return {"name": page.former.get("name"), "hosts": page.former.get("hosts", [])}


def _items(items: Sequence[ShownItem]) -> list[dict[str, Any]]:
    names = ("kind", "name", "label", "optional", "is_new", "icon", "risk", "data")
    return [{name: getattr(item, name) for name in names} for item in items]


def _text(authorization: Authorization, page: ConsentPage, notice: str) -> str:
    """Return the text of a notice, whose template makes HTML."""
    values = {"client_name": page.client.name}
    html: str = render(notice, values, authorization.request)
    # It becomes text: what is between the tags, without entities.
    return Markup(html).striptags()  # noqa: S704
