"""Condition of clients that nobody uses, for the purge rules of extensions.

RFC 7591 section 5. Where everybody may make a client, only their deletion keeps the
database from filling.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_

from pyramid_oauth.database import columns_of
from pyramid_oauth.models import Models, has_valid_token


def is_unused(models: Models, at: datetime, source: str) -> ColumnElement[bool]:
    """Return the condition that a client of this `source` has no live row `at`.

    Rows are grants, tokens, consents, stored authorization requests, and those of any
    other model whose spec names its client column.
    """
    application = columns_of(models.Application)
    return and_(
        application["source"] == source,
        *(~living for living in _live_rows(models, at)),
        ~_has_live_grant(models, at),
        ~_has_client_token(models, at),
    )


def _live_rows(models: Models, at: datetime) -> Iterator[ColumnElement[bool]]:
    """Yield a condition per model that refers to clients, except grants."""
    for spec in models.specs:
        if spec.client_column is None or spec.name == "Grant":
            continue
        columns = columns_of(getattr(models, spec.name))
        mine = columns[spec.client_column] == _client_id(models)
        if spec.expires is None:
            yield exists().where(mine)
        else:
            ends = columns[spec.expires]
            yield exists().where(mine, or_(ends.is_(None), ends > at))


def _has_live_grant(models: Models, at: datetime) -> ColumnElement[bool]:
    grant = columns_of(models.Grant)
    return exists().where(
        grant["client_id"] == _client_id(models),
        grant["revoked_at"].is_(None),
        or_(
            grant["expires_at"] > at,
            has_valid_token(models, at, "AccessToken"),
            has_valid_token(models, at, "RefreshToken"),
        ),
    )


def _has_client_token(models: Models, at: datetime) -> ColumnElement[bool]:
    """Return the condition that the client has a live token without a grant."""
    token = columns_of(models.AccessToken)
    return exists().where(
        token["client_id"] == _client_id(models),
        token["grant_id"].is_(None),
        token["expires_at"] > at,
        token["revoked_at"].is_(None),
    )


def _client_id(models: Models) -> ColumnElement[str]:
    column: ColumnElement[str] = columns_of(models.Application)["client_id"]
    return column
