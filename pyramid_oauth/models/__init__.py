"""The mixins a host maps on its own declarative base, and their completion.

Importing this package creates no table. ``from pyramid_oauth.models import
AbstractApplication`` is all a host needs to write its own Application.
"""

from __future__ import annotations

from pyramid_oauth.models.access_token import AbstractAccessToken
from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.models.authorization_request import AbstractAuthorizationRequest
from pyramid_oauth.models.chosen import Models
from pyramid_oauth.models.consent import AbstractConsent
from pyramid_oauth.models.grant import AbstractGrant
from pyramid_oauth.models.initial_access_token import AbstractInitialAccessToken
from pyramid_oauth.models.outbox_message import AbstractOutboxMessage
from pyramid_oauth.models.refresh_token import AbstractRefreshToken
from pyramid_oauth.models.signing_key import AbstractSigningKey
from pyramid_oauth.models.throttle import AbstractThrottle
from pyramid_oauth.models.types import UtcDateTime
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
