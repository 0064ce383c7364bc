"""SQLAlchemy models: mixins that a host maps on its own declarative base.

RFC 6749 sections 1.3 to 1.5 and 2. Importing this package creates no table. To write
its own Application, a host imports ``AbstractApplication`` from here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists

from pyramid_oauth.database import columns_of
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.models.authorization import (
    AbstractAuthorizationRequest,
    AbstractConsent,
    AbstractGrant,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import (
    APPLICATION,
    GRANT,
    ModelSpec,
    PartialIndex,
    PurgeRule,
)
from pyramid_oauth.models.settings import UserKeySettings
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
    "PartialIndex",
    "PurgeRule",
    "UtcDateTime",
]


def has_valid_token(models: Models, at: datetime, name: str) -> ColumnElement[bool]:
    """Return the condition that a grant has a valid token at the time `at`.

    `name` is the token model, "AccessToken" or "RefreshToken". The order of the terms
    follows the index on `grant_id`.
    """
    token = columns_of(getattr(models, name))
    mine = token["grant_id"] == columns_of(models.Grant)["id"]
    return exists().where(mine, token["expires_at"] > at, token["revoked_at"].is_(None))


def _is_without_tokens(models: Models, at: datetime) -> ColumnElement[bool]:
    """Return the condition that all tokens of a grant are expired or revoked.

    They are deleted with the grant (ON DELETE CASCADE).
    """
    return and_(
        ~has_valid_token(models, at, "AccessToken"),
        ~has_valid_token(models, at, "RefreshToken"),
    )


# Few hosts let consents expire, so `expires_at` has no index.
_EXPIRED_CONSENTS = PurgeRule(name="consents", model="Consent", along="id")

_EXPIRED_GRANTS = PurgeRule(name="grants", model="Grant", also=_is_without_tokens)

# The deletion of a client asks by it.
_OWN_TOKENS = PartialIndex(
    name="own",
    columns=("client_id",),
    condition=lambda token: token["grant_id"].is_(None),
)

# In the order of insertion; deletion uses the reverse order. Access tokens have no
# foreign key to the application, because every insert would lock the row of a busy
# client. The token check joins the application in any case.
KERNEL_MODELS = (
    ModelSpec("Application", AbstractApplication, expires=None, client_column=None),
    ModelSpec("Grant", AbstractGrant, APPLICATION, purge=_EXPIRED_GRANTS),
    ModelSpec(
        "AccessToken",
        AbstractAccessToken,
        GRANT,
        client_column=None,
        indexes=(_OWN_TOKENS,),
    ),
    ModelSpec("RefreshToken", AbstractRefreshToken, GRANT, client_column=None),
    ModelSpec("Consent", AbstractConsent, APPLICATION, purge=_EXPIRED_CONSENTS),
    ModelSpec("AuthorizationRequest", AbstractAuthorizationRequest, APPLICATION),
)


def includeme(config: Configurator) -> None:
    """Register the models of the kernel, and the key of users in the settings."""
    for spec in KERNEL_MODELS:
        config.add_oauth_model(spec)
    settings = config.add_oauth_settings(UserKeySettings)
    if settings.user_key is not None:
        config.set_oauth_user_key(settings.user_key)
