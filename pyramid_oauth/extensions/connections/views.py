"""The page `connections`: shows what the user allowed, and withdraws it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.response import Response

from pyramid_oauth.extensions.connections.overview import find_connections
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.pages.own_page import OwnVisit, own_page
from pyramid_oauth.pages.rendering import target
from pyramid_oauth.protocol.withdrawal import withdraw_consent, withdraw_item
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.tree import Endpoint

TEMPLATE = "pyramid_oauth:extensions/connections/templates/connections.oauth"

WITHDRAWN = "withdrawn"
"""The parameter that names the client whose access was withdrawn just before."""


LEDGER = "consent_ledger"
"""The method of `request.oauth` that the extension of this name adds."""

MAX_DECISIONS = 50
"""The newest decisions that the page lists."""


class Connections(Endpoint):
    """`connections`: the page of applications with access to the user's account."""


def _withdraw(visit: OwnVisit) -> Response:
    """Withdraw one scope or one other item of a client, or all that it is allowed."""
    client_id = visit.parameters.get("client_id")
    if not client_id or not client_id.isprintable():
        raise InvalidRequestError(description="No client.")
    scope, item = visit.parameters.get("scope"), visit.parameters.get("item")
    whose = (visit.request, visit.server, visit.account.subject, client_id)
    if item is not None:
        kind, _, name = item.partition(" ")
        withdraw_item(*whose, kind, name)
    elif scope is not None:
        withdraw_consent(*whose, frozenset({scope}))
    elif visit.parameters.get("decision") == "withdraw":
        withdraw_consent(*whose, frozenset())
    else:
        raise InvalidRequestError(description="Nothing to withdraw.")
    query = {WITHDRAWN: client_id}
    if visit.page_number:
        query["page"] = str(visit.page_number)
    return see_other(f"{visit.address}?{urlencode(query)}")


def _show(visit: OwnVisit) -> Response:
    connections, links = find_connections(visit)
    withdrawn = visit.parameters.get(WITHDRAWN)
    logos = [each.client.logo for each in connections if each.client.logo]
    values = {
        "connections": connections,
        "other_account": None,
        "history": _history(visit),
        "withdrawn_name": _name(visit.request, withdrawn),
        "is_connected": any(each.client_id == withdrawn for each in connections),
        "page_number": visit.page_number,
        **links,
    }
    images = tuple(dict.fromkeys(map(target, logos)))
    return visit.show(TEMPLATE, values, images)


def _history(visit: OwnVisit) -> Sequence[object]:
    """Return the newest decisions of the user, where a ledger records them."""
    if LEDGER not in visit.server.request_methods:
        return ()
    entries: Sequence[object] = visit.request.oauth.consent_ledger(
        subject=visit.account.subject, limit=MAX_DECISIONS
    )
    return entries


def _name(request: ServerRequest, client_id: str | None) -> str | None:
    client = request.oauth.shown_client(client_id) if client_id else None
    return client.name if client is not None else None


respond = own_page(_show, _withdraw)
