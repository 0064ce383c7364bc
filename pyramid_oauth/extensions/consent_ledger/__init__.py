"""Consent ledger: every decision about consent, with what was shown.

RFC 6749 section 10.2; ISO/IEC TS 27560 describes such records. The ledger is evidence
of what a person was asked and answered. An entry is added in the transaction of the
decision and never changed.
"""

from __future__ import annotations

from pyramid_oauth.extensions.consent_ledger.models import CONSENT_LEDGER_ENTRY
from pyramid_oauth.extensions.consent_ledger.recorder import record
from pyramid_oauth.extensions.consent_ledger.repository import (
    ConsentLedger,
    LedgerEntry,
)
from pyramid_oauth.extensions.consent_ledger.settings import ConsentLedgerSettings
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server, ServerRequest


def consent_ledger(
    request: ServerRequest,
    *,
    subject: str | None = None,
    client_id: str | None = None,
    limit: int = 200,
) -> list[LedgerEntry]:
    """Return the recorded decisions of a user, about a client, or both.

    Args:
        request: The request.
        subject: The user.
        client_id: The client.
        limit: The largest number of entries.

    Returns:
        The entries, the newest first.

    Raises:
        ValueError: Neither a user nor a client is named.
    """
    if subject is None and client_id is None:
        raise ValueError("name a subject or a client_id")
    server: Server = request.oauth.server
    entries: list[LedgerEntry] = server.repositories.consent_ledger.entries(
        server.session(request), subject=subject, client_id=client_id, limit=limit
    )
    return entries


def includeme(config: Configurator) -> None:
    """Add the model, its statements and, unless it is off, the recorder."""
    settings = config.add_oauth_settings(ConsentLedgerSettings)
    config.add_oauth_model(CONSENT_LEDGER_ENTRY)
    config.add_oauth_repository("consent_ledger", ConsentLedger)
    config.add_oauth_request_method("consent_ledger", consent_ledger)
    if settings.consent_ledger:
        config.add_oauth_consent_recorder(
            "consent_ledger", record, remembered=settings.consent_ledger_remembered
        )
