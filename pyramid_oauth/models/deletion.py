"""Deleting applications, with everything that hangs on them (RFC 7592 section 2.3)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pyramid_oauth.models.chosen import Models
from pyramid_oauth.models.records.writing import columns_of
from pyramid_oauth.models.store import write

# No foreign key leads from these to the application, or the engine (SQLite by default)
# does not follow it. Tokens go before the grants they belong to.
DEPENDENT = ("AccessToken", "RefreshToken", "Grant", "Consent", "AuthorizationRequest")


def delete_applications(
    session: Session, models: Models, client_ids: Sequence[str]
) -> int:
    """Delete the applications with their grants, consents and tokens; how many went."""
    for role in (*DEPENDENT, "Application"):
        model = getattr(models, role)
        client_id = columns_of(model)["client_id"]
        statement = delete(model.__table__).where(client_id.in_(client_ids))
        gone = write(session, statement, {})
    return gone
