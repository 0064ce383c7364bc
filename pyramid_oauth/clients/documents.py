"""JSON documents that clients publish: key sets and lists of redirect URIs.

RFC 7591 section 2 (`jwks_uri`), OpenID Connect Registration section 5
(`sector_identifier_uri`).
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from pyramid_oauth.errors import ServerBusy
from pyramid_oauth.fetch import Fetcher, FetchError, Reason
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_value

log = logging.getLogger(__name__)


def fetch_json(
    fetcher: Fetcher,
    uri: str,
    subject: str,
    *,
    fresh_after: datetime | None = None,
    not_before: datetime | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON value at `uri`; on failure log the reason and return None.

    Args:
        fetcher: Fetches it.
        uri: The URL of the document.
        subject: What the document is, for the log.
        fresh_after: Fetch again unless the cached document is newer.
        not_before: Never use a document that was fetched earlier.

    Raises:
        ServerBusy: Too many threads wait for others' servers.
    """
    try:
        document = fetcher.get(uri, fresh_after=fresh_after, not_before=not_before)
        return json_value(document.body)
    except FetchError as error:
        log.warning("%s: %s", subject, error.reason)
        if error.reason is Reason.BUSY:
            raise ServerBusy from error
    except InvalidToken:
        log.warning("%s: not JSON", subject)
    return None
