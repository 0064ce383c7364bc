"""The mixins a host maps on its own declarative base, and their completion.

Importing this package creates no table. ``from pyramid_oauth.models import
AbstractApplication`` is all a host needs to write its own Application.
"""

from __future__ import annotations

from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.models.authorization import (
    AbstractAuthorizationRequest,
    AbstractConsent,
    AbstractGrant,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.initial_access_token import AbstractInitialAccessToken
from pyramid_oauth.models.outbox_message import AbstractOutboxMessage
from pyramid_oauth.models.signing_key import AbstractSigningKey
from pyramid_oauth.models.throttle import AbstractThrottle
from pyramid_oauth.models.tokens import AbstractAccessToken, AbstractRefreshToken
from pyramid_oauth.models.used_assertion import AbstractUsedAssertion

__all__ = [
    "AbstractAccessToken",
    "AbstractApplication",
    "AbstractAuthorizationRequest",
    "AbstractConsent",
    "AbstractGrant",
    "AbstractInitialAccessToken",
    "AbstractOutboxMessage",
    "AbstractRefreshToken",
    "AbstractSigningKey",
    "AbstractThrottle",
    "AbstractUsedAssertion",
    "Models",
    "UtcDateTime",
]
