"""The consent page: what is asked, of whom, by whom, and where the answer goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response

from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.pages.rendering import page, target


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """A consent item as the resource owner reads it.

    `template` is the asset specification of a template that shows it, or None.
    """

    kind: str
    name: str
    label: str
    optional: bool
    is_new: bool
    template: str | None = None
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """What the page shows; each is a variable of the template.

    `items` are asked about, `known_items` were allowed before. `notices` are templates
    of warnings. `other_account` is where somebody else may log in.
    """

    application: Any
    client: ClientInfo
    redirect_host: str
    account_name: str
    items: Sequence[ShownItem]
    known_items: Sequence[ShownItem]
    csrf_token: str
    action: str
    display: str | None
    is_interceptable: bool
    notices: Sequence[str]
    other_account: str | None


def show(request: Any, shown: ConsentPage) -> Response:
    """Render the page."""
    values = {name: getattr(shown, name) for name in ConsentPage.__slots__}
    values["client_name"] = shown.client.name
    logo = shown.client.logo
    images = (target(logo),) if logo else ()
    return page(request, "consent", values, leads_away=True, images=images)
