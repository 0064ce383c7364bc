"""Purge rule of registered clients that are not used (RFC 7591 section 5).

Without it, everybody who may register could fill the database.
"""

from __future__ import annotations

from functools import partial

from pyramid_oauth.clients.unused_clients import is_unused
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.models import PurgeRule
from pyramid_oauth.models.application import REGISTRATION

STALE_CLIENTS = PurgeRule(
    name="unused clients",
    model="Application",
    ended="updated_at",
    along="id",
    keep=lambda settings: (
        settings[RegistrationSettings].registration_unused_lifetime or None
    ),
    also=partial(is_unused, source=REGISTRATION),
)
