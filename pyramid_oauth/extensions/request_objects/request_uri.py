"""Request objects by reference: `request_uri` (OpenID Connect Core section 6.2)."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from oauthlib.openid.connect.core.exceptions import InvalidRequestURI

from pyramid_oauth.clock import now
from pyramid_oauth.errors import ServerBusy
from pyramid_oauth.extensions.request_objects.settings import RequestObjectSettings
from pyramid_oauth.fetch import Document, FetchError, Reason
from pyramid_oauth.hashing import constant_time_equal
from pyramid_oauth.jose.json import encode_base64url
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.request import OAuthRequest

ACCEPT = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.1"

_HASH = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def fetch_request_object(oauth: OAuthRequest, uri: str) -> str:
    """Return the request object at `uri`.

    Raises:
        InvalidRequestURI: The reason is in the log only.
        ServerBusy: Too many threads wait for others' servers.
    """
    if not is_registered(oauth.client, uri):
        raise _refuse_uri(oauth, "it is not registered")
    address, _, fragment = uri.partition("#")
    document = _fetch_document(oauth, address)
    if _HASH.match(fragment) and not _is_hash(fragment, document):
        # The cached document is outdated, or the fragment is no hash of the content.
        document = _fetch_document(oauth, address, now())
        bound = oauth.server.settings[RequestObjectSettings].request_uri_hash_binding
        if bound and not _is_hash(fragment, document):
            raise _refuse_uri(oauth, "the content has another hash")
    return document.body.decode("ascii", "replace").strip()


def is_registered(application: AbstractApplication, uri: str) -> bool:
    """Whether the client registered `uri`.

    A request may add a fragment, which changes with the content. A URI that was
    registered with a fragment matches only with it.
    """
    address = uri.partition("#")[0]
    return any(
        uri == registered or address == registered
        for registered in application.declared("request_uris") or ()
    )


def _fetch_document(
    oauth: OAuthRequest, address: str, fresh_after: datetime | None = None
) -> Document:
    try:
        document: Document = oauth.server.fetcher.get(
            address, ACCEPT, fresh_after=fresh_after
        )
        return document
    except FetchError as error:
        if error.reason is Reason.BUSY:
            raise ServerBusy from error
        raise _refuse_uri(oauth, f"it cannot be fetched: {error.reason}") from error


def _is_hash(fragment: str, document: Document) -> bool:
    return constant_time_equal(
        fragment, encode_base64url(sha256(document.body).digest())
    )


def _refuse_uri(oauth: OAuthRequest, reason: str) -> OAuth2Error:
    """Note the reason for the log; return the error to raise."""
    oauth.refuse(f"the request_uri: {reason}")
    error: OAuth2Error = InvalidRequestURI()
    return error
