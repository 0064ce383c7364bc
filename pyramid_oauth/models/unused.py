"""Which clients registered themselves and are used by nobody.

RFC 7591 section 5: whoever may register may fill the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_

from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.chosen import Models
from pyramid_oauth.models.records.writing import columns_of

REVOCABLE = ("AccessToken", "RefreshToken", "Grant")


def is_unused(models: Models, at: datetime, before: datetime) -> ColumnElement[bool]:
    """The client registered itself, is as it was `before`, and has nothing alive `at`.

    Alive is a grant, a token, a consent, or a person who is just being asked.
    """
    application = columns_of(models.Application)
    living = [
        and_(columns["expires_at"] > at, columns["revoked_at"].is_(None))
        for columns in (columns_of(getattr(models, role)) for role in REVOCABLE)
    ]
    consent = columns_of(models.Consent)["expires_at"]
    asking = columns_of(models.AuthorizationRequest)["expires_at"]
    living += [or_(consent.is_(None), consent > at), asking > at]
    roles = (*REVOCABLE, "Consent", "AuthorizationRequest")
    return and_(
        application["source"] == REGISTRATION,
        application["updated_at"] <= before,
        *(
            ~_of_the_client(models, role, condition)
            for role, condition in zip(roles, living, strict=True)
        ),
    )


def _of_the_client(models: Models, role: str, condition: Any) -> Any:
    client_id = columns_of(getattr(models, role))["client_id"]
    mine = client_id == columns_of(models.Application)["client_id"]
    return exists().where(mine, condition)
