"""Metadata documents of clients: fetched from their client_id, and checked.

Client ID Metadata Document draft 01, sections 4 and 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid_oauth.clients.metadata import Document, known_members
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors, ServerBusy
from pyramid_oauth.extensions.client_id_metadata.settings import (
    ClientIdMetadataSettings,
)
from pyramid_oauth.fetch import Document as FetchedDocument
from pyramid_oauth.fetch import Fetcher, FetchError, Reason
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_value
from pyramid_oauth.models.application_validation import SECRET_METHODS
from pyramid_oauth.models.client_metadata_fields import ClientMetadataSchema
from pyramid_oauth.models.redirect_uris import split

_JSON = re.compile(r"application/(?:[a-z0-9!#$&^_.+-]+\+)?json\Z")

_SECRETS = ("client_secret", "client_secret_expires_at")

_LASTING = frozenset(
    {
        *(Reason.URL, Reason.SCHEME, Reason.USERINFO, Reason.FRAGMENT, Reason.HOST),
        *(Reason.PORT, Reason.ADDRESS, Reason.ENCODING, Reason.SIZE),
    }
)
"""Reasons that are no outage of the client's host."""


class DocumentUnavailable(Exception):
    """The document could not be fetched; `is_outage` tells whether that may pass."""

    def __init__(self, error: FetchError) -> None:
        status = "" if error.status is None else f" {error.status}"
        super().__init__(f"the metadata document: {error.reason}{status}")
        self.is_outage = _is_outage(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataDocument:
    """A document whose `client_id` is its URL, and which has no shared secret.

    Attributes:
        members: Its members, as far as the server knows them.
        fetched_at: When it was fetched.
        expires_at: When it must be fetched again.
    """

    members: Document
    fetched_at: datetime
    expires_at: datetime


def fetch_document(
    fetcher: Fetcher,
    client_id: str,
    settings: ClientIdMetadataSettings,
    schema: ClientMetadataSchema,
) -> MetadataDocument:
    """Return the document at `client_id`.

    Raises:
        DocumentUnavailable: It could not be fetched.
        FieldErrors: It is not valid; "" has the errors of the document as a whole.
        ServerBusy: Too many threads wait for others' servers.
    """
    backoff = timedelta(seconds=settings.client_id_metadata_failure_backoff)
    try:
        # The fetcher does not know which documents are valid, so it keeps none.
        fetched = fetcher.get(client_id, not_before=now() - backoff)
    except FetchError as error:
        if error.reason is Reason.BUSY:
            raise ServerBusy from error
        raise DocumentUnavailable(error) from error
    members = _read(fetched, settings.client_id_metadata_bytes)
    _check(members, client_id, settings)
    age = min(
        max(fetched.max_age, settings.client_id_metadata_min_age),
        settings.client_id_metadata_max_age,
    )
    return MetadataDocument(
        members=_known(members, schema),
        fetched_at=fetched.fetched_at,
        expires_at=fetched.fetched_at + timedelta(seconds=age),
    )


def _read(fetched: FetchedDocument, limit: int) -> dict[str, Any]:
    if len(fetched.body) > limit:
        raise FieldErrors({"": [f"it has more than {limit} bytes"]})
    if not _JSON.match(fetched.content_type):
        raise FieldErrors({"": ["its Content-Type is not application/json"]})
    try:
        members = json_value(fetched.body)
    except InvalidToken:
        members = None
    if not isinstance(members, dict):
        raise FieldErrors({"": ["it is not a JSON object"]})
    return members


def _check(
    members: Mapping[str, Any], client_id: str, settings: ClientIdMetadataSettings
) -> None:
    """Check what these documents must have beyond other client metadata."""
    errors = {name: ["must not be used"] for name in _SECRETS if name in members}
    if members.get("client_id") != client_id:
        errors["client_id"] = ["is not the URL of the document"]
    method = members.get("token_endpoint_auth_method")
    if isinstance(method, str) and method in SECRET_METHODS:
        errors["token_endpoint_auth_method"] = ["is based on a shared secret"]
    if settings.client_id_metadata_same_host:
        problem = _foreign_redirect_uri(members, client_id)
        if problem:
            errors["redirect_uris"] = [problem]
    if errors:
        raise FieldErrors(errors)


def _foreign_redirect_uri(members: Mapping[str, Any], client_id: str) -> str | None:
    """Return the problem with the first https redirect URI on another host."""
    own = split(client_id)
    uris = members.get("redirect_uris")
    for uri in uris if isinstance(uris, list) else ():
        parts = split(uri) if isinstance(uri, str) else None
        if parts is None or own is None or parts.scheme != "https":
            continue
        if parts.netloc.lower() != own.netloc.lower():
            return f"{uri} is not on the host of the document"
    return None


def _known(members: Mapping[str, Any], schema: ClientMetadataSchema) -> Document:
    """Return the members that the server knows; without a method it is `none`.

    The default of RFC 7591, `client_secret_basic`, is impossible here.
    """
    known = known_members(members, schema)
    # Its issuer vouches for other members; nothing here verifies that.
    known.pop("software_statement", None)
    return {"token_endpoint_auth_method": "none", **known}


def _is_outage(error: FetchError) -> bool:
    if error.reason is Reason.STATUS:
        return error.status == 429 or (error.status or 0) >= 500
    return error.reason not in _LASTING
