"""Default declarative base and default classes of the kernel.

No specification. `models.bundle` creates those of extensions from their ModelSpec.
"""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.models.authorization import (
    AbstractAuthorizationRequest,
    AbstractConsent,
    AbstractGrant,
)
from pyramid_oauth.models.tokens import AbstractAccessToken, AbstractRefreshToken

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base of the default tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Application(AbstractApplication, Base):
    """The default Application."""


class Grant(AbstractGrant, Base):
    """The default Grant."""


class AccessToken(AbstractAccessToken, Base):
    """The default AccessToken."""


class RefreshToken(AbstractRefreshToken, Base):
    """The default RefreshToken."""


class Consent(AbstractConsent, Base):
    """The default Consent."""


class AuthorizationRequest(AbstractAuthorizationRequest, Base):
    """The default AuthorizationRequest."""
