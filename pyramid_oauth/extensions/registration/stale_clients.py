"""Purge rule of registered clients that are not used (RFC 7591 section 5).

Without it, everybody who may register could fill the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_

from pyramid_oauth.database import columns_of
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.models import Models, PurgeRule, has_valid_token
from pyramid_oauth.models.application import REGISTRATION


def is_unused(models: Models, at: datetime) -> ColumnElement[bool]:
    """Return the condition that a client registered itself and has no live row `at`.

    Rows are grants, tokens, consents, stored authorization requests, and those of any
    other model whose spec names its client column.
    """
    application = columns_of(models.Application)
    return and_(
        application["source"] == REGISTRATION,
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


STALE_CLIENTS = PurgeRule(
    name="unused clients",
    model="Application",
    ended="updated_at",
    along="id",
    keep=lambda settings: (
        settings[RegistrationSettings].registration_unused_lifetime or None
    ),
    also=is_unused,
)
