"""Model of the consent ledger: entries that are added and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.extensions.consent_ledger.settings import ConsentLedgerSettings
from pyramid_oauth.models.columns import SERIAL, UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule


class AbstractConsentLedgerEntry:
    """A decision of a resource owner about a client, with what was shown.

    It has no foreign keys, so it stays when client, consent or user are deleted.

    Attributes:
        made_at: When it was decided.
        decision: `allowed`, `refused`, `remembered` or `withdrawn`.
        subject: The resource owner.
        client_id: The client.
        client_name: The name that was shown.
        logo_uri: The URL of the logo that was shown.
        redirect_host: Where the browser went next: the host, or the scheme, of the
            redirect URI; empty for a withdrawal.
        items: What it was about, as a list of objects: `kind` (`scope` or that of an
            extension), `name`, `text` (as it was shown), `allowed`, and `data` if there
            is some.
        language: The language of the page.
        network: The network of the browser, if a setting asks for it.
    """

    __tablename__ = "oauth_consent_ledger"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    decision: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(255), index=True)
    client_id: Mapped[str] = mapped_column(String(255), index=True)
    client_name: Mapped[str] = mapped_column(Text, default="")
    logo_uri: Mapped[str | None] = mapped_column(Text)
    redirect_host: Mapped[str] = mapped_column(Text, default="")
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(35), default="")
    network: Mapped[str | None] = mapped_column(String(64))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


@event.listens_for(AbstractConsentLedgerEntry, "before_update", propagate=True)
@event.listens_for(AbstractConsentLedgerEntry, "before_delete", propagate=True)
def refuse_change(mapper: object, connection: object, entry: object) -> None:
    """Refuse to change or delete an entry by the ORM; `purge` deletes old ones."""
    raise TypeError("entries of the consent ledger are never changed")


def _lifetime(settings: Any) -> int | None:  # noqa: ANN401 - the Settings
    """Return for how many seconds entries are kept; None for ever."""
    seconds: int = settings[ConsentLedgerSettings].consent_ledger_lifetime
    return seconds or None


CONSENT_LEDGER_ENTRY = ModelSpec(
    "ConsentLedgerEntry",
    AbstractConsentLedgerEntry,
    expires=None,
    # Entries of a deleted client stay as evidence of the decisions.
    client_column=None,
    purge=PurgeRule(
        name="consent ledger entries",
        model="ConsentLedgerEntry",
        ended="made_at",
        keep=_lifetime,
    ),
)
