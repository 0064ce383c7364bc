"""Recorder of the ledger: adds an entry for a decision, with the displayed texts."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from pyramid_oauth.browser.locale import ensure_locale, translate_text
from pyramid_oauth.config.consent_decisions import ConsentDecision
from pyramid_oauth.config.consent_sources import ConsentItem
from pyramid_oauth.endpoints.authorize.client_identity import redirect_host
from pyramid_oauth.extensions.consent_ledger.settings import ConsentLedgerSettings
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.server import Server, ServerRequest

PREFIX_LENGTHS = {False: 24, True: 48}
"""Of the recorded network, by whether the address is one of IPv6."""


def record(decision: ConsentDecision) -> None:
    """Add the entry of a decision, in its transaction."""
    request = decision.request
    server: Server = request.oauth.server
    ensure_locale(request)
    locale = request.locale_name
    client = ClientInfo.of(decision.client, locale) if decision.client else None
    records_networks = server.settings[ConsentLedgerSettings].consent_ledger_networks
    server.repositories.consent_ledger.add(
        server.session(request),
        {
            "made_at": decision.made_at,
            "decision": decision.decision.value,
            "subject": decision.subject,
            "client_id": decision.client_id,
            "client_name": client.name if client else decision.client_id,
            "logo_uri": client.logo if client else None,
            "redirect_host": redirect_host(decision.redirect_uri),
            "items": [
                _describe(request, item, is_allowed=item in decision.approved)
                for item in decision.items
            ],
            "language": locale.replace("_", "-"),
            "network": _network(request.remote_addr) if records_networks else None,
        },
    )


def _describe(
    request: ServerRequest, item: ConsentItem, *, is_allowed: bool
) -> dict[str, Any]:
    described = {
        "kind": item.kind,
        "name": item.name,
        "text": translate_text(request, item.label),
        "allowed": is_allowed,
    }
    return described if item.data is None else {**described, "data": item.data}


def _network(address: str | None) -> str | None:
    """Return the network of an address; None if it is no address."""
    plain, _, _ = (address or "").partition("%")
    try:
        length = PREFIX_LENGTHS[":" in plain]
        return str(ip_network(f"{plain}/{length}", strict=False))
    except ValueError:
        return None
