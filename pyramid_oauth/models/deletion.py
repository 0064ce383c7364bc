"""Deleting applications, with everything that hangs on them (RFC 7592 section 2.3).

Tokens are found by their grant, which is indexed. A client's own ones have none: they
are dead without their client, which every check of a token asks for, and expire.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from pyramid_oauth.models.chosen import Models
from pyramid_oauth.models.records.writing import columns_of
from pyramid_oauth.models.store import write


def delete_applications(
    session: Session, models: Models, client_ids: Sequence[str]
) -> int:
    """Delete the applications with their grants, consents and tokens; how many went.

    SQLite by default follows no foreign key, so everything is named.
    """
    gone = 0
    for model, condition in _rows(models, client_ids):
        gone = write(session, delete(model.__table__).where(condition), {})
    return gone


def _rows(
    models: Models, client_ids: Sequence[str]
) -> Iterator[tuple[type[Any], ColumnElement[bool]]]:
    """What goes, in the order in which a live request locks it.

    A decision answers its request, then widens a consent, then makes a grant; a
    refresh moves its token on before it needs the grant. In another order the two
    could wait for each other.
    """
    grant = columns_of(models.Grant)
    grants = select(grant["id"]).where(grant["client_id"].in_(client_ids))
    for model in (models.AuthorizationRequest, models.Consent):
        yield model, columns_of(model)["client_id"].in_(client_ids)
    for model in (models.RefreshToken, models.AccessToken):
        yield model, columns_of(model)["grant_id"].in_(grants)
    for model in (models.Grant, models.Application):
        yield model, columns_of(model)["client_id"].in_(client_ids)
