"""Which clients registered themselves and are used by nobody.

RFC 7591 section 5: whoever may register may fill the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_

from pyramid_oauth.database import columns_of
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.bundle import Models


def is_unused(models: Models, at: datetime, before: datetime) -> ColumnElement[bool]:
    """The client registered itself, is as it was `before`, and has nothing alive `at`.

    Alive is a grant, a token, a consent, or a person who is just being asked.
    """
    application = columns_of(models.Application)
    consent = columns_of(models.Consent)["expires_at"]
    asking = columns_of(models.AuthorizationRequest)["expires_at"]
    return and_(
        application["source"] == REGISTRATION,
        application["updated_at"] <= before,
        ~_of_the_client(models, "Consent", or_(consent.is_(None), consent > at)),
        ~_of_the_client(models, "AuthorizationRequest", asking > at),
        ~_of_the_client(models, "Grant", _is_alive(models, at)),
        ~_has_tokens_of_its_own(models, at),
    )


def has_living_token(
    models: Models, at: datetime, role: str = "AccessToken"
) -> ColumnElement[bool]:
    """The grant in question has such a token that lives `at`, by the index there is."""
    token = columns_of(getattr(models, role))
    mine = token["grant_id"] == columns_of(models.Grant)["id"]
    return exists().where(mine, token["expires_at"] > at, token["revoked_at"].is_(None))


def _is_alive(models: Models, at: datetime) -> ColumnElement[bool]:
    grant = columns_of(models.Grant)
    return and_(
        grant["revoked_at"].is_(None),
        or_(
            grant["expires_at"] > at,
            has_living_token(models, at),
            has_living_token(models, at, "RefreshToken"),
        ),
    )


def _has_tokens_of_its_own(models: Models, at: datetime) -> ColumnElement[bool]:
    """Looked for where the client may have some: no index leads to them."""
    token = columns_of(models.AccessToken)
    living = and_(
        token["grant_id"].is_(None),
        token["expires_at"] > at,
        token["revoked_at"].is_(None),
    )
    may_have = columns_of(models.Application)["authorization_grant_type"].contains(
        "client_credentials", autoescape=True
    )
    return and_(may_have, _of_the_client(models, "AccessToken", living))


def _of_the_client(models: Models, role: str, condition: Any) -> Any:
    client_id = columns_of(getattr(models, role))["client_id"]
    mine = client_id == columns_of(models.Application)["client_id"]
    return exists().where(mine, condition)
