"""Consent page (RFC 6749 sections 4.1.1 and 10.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyramid.response import Response

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.pages.rendering import page, target
from pyramid_oauth.server import ServerRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """A consent item as the page shows it.

    Attributes:
        template: the asset specification of a template that shows it, or None.
        data: JSON for that template.
        icon: what it is about, one of `pyramid_oauth.scopes.KINDS`.
        risk: `high`, `medium` or `low`.
    """

    kind: str
    name: str
    label: str
    optional: bool
    is_new: bool
    template: str | None = None
    data: Any = None
    icon: str = "other"
    risk: str = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """Contents of the page; each field is a variable of the template.

    Attributes:
        redirect_host: the host, or the scheme, that the browser goes to next.
        redirect_uri: all of it.
        is_verified: whether no source of consent items warns of the client.
        is_first: whether the client has no access to the account yet.
        allowed_since: when the client was first allowed something, or None.
        former: name, logo and hosts that the client had when it was allowed, or None.
        items: the items that the page asks about.
        known_items: the items that were allowed before.
        display: the value of the parameter `display`, or None.
        is_interceptable: whether another program could intercept the response.
        notices: the templates of warnings.
        connections_url: the URL of the page where access is withdrawn, or None.
        other_account: the URL to log in with another account, or None.
    """

    application: AbstractApplication
    client: ClientInfo
    redirect_host: str
    redirect_uri: str
    is_verified: bool
    is_first: bool
    allowed_since: datetime | None
    former: Mapping[str, Any] | None
    account_name: str
    account_email: str
    items: Sequence[ShownItem]
    known_items: Sequence[ShownItem]
    csrf_token: str
    action: str
    display: str | None
    is_interceptable: bool
    notices: Sequence[str]
    connections_url: str | None
    other_account: str | None


def render_consent_page(request: ServerRequest, contents: ConsentPage) -> Response:
    """Render the page."""
    values = {name: getattr(contents, name) for name in ConsentPage.__slots__}
    values["client_name"] = contents.client.name
    logo = contents.client.logo
    images = (target(logo),) if logo else ()
    return page(
        request, "consent", values, leads_to=contents.redirect_uri, images=images
    )
