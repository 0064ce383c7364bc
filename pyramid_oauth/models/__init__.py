"""The mixins a host maps on its own declarative base, and their completion.

Importing this package creates no table of yours. ``from pyramid_oauth.models import
AbstractApplication`` is all a host needs to write its own Application.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists

from pyramid_oauth.database import columns_of
from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.models.authorization import (
    AbstractAuthorizationRequest,
    AbstractConsent,
    AbstractGrant,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import APPLICATION, GRANT, ModelSpec, PurgeRule
from pyramid_oauth.models.tokens import AbstractAccessToken, AbstractRefreshToken

__all__ = [
    "APPLICATION",
    "GRANT",
    "AbstractAccessToken",
    "AbstractApplication",
    "AbstractAuthorizationRequest",
    "AbstractConsent",
    "AbstractGrant",
    "AbstractRefreshToken",
    "ModelSpec",
    "Models",
    "PurgeRule",
    "UtcDateTime",
]


def has_living_token(models: Models, at: datetime, name: str) -> ColumnElement[bool]:
    """The grant in question has such a token that lives `at`, by the index there is."""
    token = columns_of(getattr(models, name))
    mine = token["grant_id"] == columns_of(models.Grant)["id"]
    return exists().where(mine, token["expires_at"] > at, token["revoked_at"].is_(None))


def _is_without_tokens(models: Models, at: datetime) -> ColumnElement[bool]:
    """No token of the grant is still alive; the dead ones go with it (CASCADE)."""
    return and_(
        ~has_living_token(models, at, "AccessToken"),
        ~has_living_token(models, at, "RefreshToken"),
    )


# Few hosts let a consent end; no index tells which did.
_ENDED_CONSENTS = PurgeRule(name="consents", model="Consent", along="id")

_DEAD_GRANTS = PurgeRule(name="grants", model="Grant", also=_is_without_tokens)

# In the order in which rows are made; deletion goes the other way. Access tokens have
# no foreign key to the application: every insert would lock the one row of a busy
# client. The check of a token joins the application anyway.
KERNEL_MODELS = (
    ModelSpec("Application", AbstractApplication, expires=None, client_column=None),
    ModelSpec("Grant", AbstractGrant, APPLICATION, purge=_DEAD_GRANTS),
    ModelSpec("AccessToken", AbstractAccessToken, GRANT, client_column=None),
    ModelSpec("RefreshToken", AbstractRefreshToken, GRANT, client_column=None),
    ModelSpec("Consent", AbstractConsent, APPLICATION, purge=_ENDED_CONSENTS),
    ModelSpec("AuthorizationRequest", AbstractAuthorizationRequest, APPLICATION),
)


def includeme(config: Any) -> None:
    """Register the kernel's models by the public directive."""
    for spec in KERNEL_MODELS:
        config.add_oauth_model(spec)
