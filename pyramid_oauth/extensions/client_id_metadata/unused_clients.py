"""Purge rule of clients with metadata documents that are not used.

Client ID Metadata Document draft 01, section 6.6 (bounded storage).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_

from pyramid_oauth.clients.unused_clients import is_unused
from pyramid_oauth.database import columns_of
from pyramid_oauth.extensions.client_id_metadata.settings import (
    ClientIdMetadataSettings,
)
from pyramid_oauth.models import Models, PurgeRule
from pyramid_oauth.models.application import METADATA_DOCUMENT


def _is_unused(models: Models, at: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody uses a client and nobody has disabled it.

    A disabled one would be added again, enabled, by its next request.
    """
    disabled_at = columns_of(models.Application)["disabled_at"]
    return and_(is_unused(models, at, METADATA_DOCUMENT), disabled_at.is_(None))


UNUSED_CLIENTS = PurgeRule(
    name="unused clients of documents",
    model="Application",
    ended="updated_at",
    along="id",
    keep=lambda settings: (
        settings[ClientIdMetadataSettings].client_id_metadata_unused_lifetime or None
    ),
    also=_is_unused,
)
