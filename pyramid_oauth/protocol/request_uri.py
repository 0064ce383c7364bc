"""A request object fetched from where the client registered it.

OpenID Connect Core sections 6.2, 6.2.1 and 6.2.3; Registration section 2
(`request_uris`). The fetcher keeps what it fetched; a hash in the fragment says whether
that is still what the client means, and unless the setting says otherwise, what is
fetched anew as well.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from oauthlib.openid.connect.core.exceptions import InvalidRequestURI

from pyramid_oauth.clock import now
from pyramid_oauth.fetch import Document, FetchError
from pyramid_oauth.keys.jose_json import encoded
from pyramid_oauth.models.secret import same
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)
ACCEPT = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.1"
_HASH = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def fetched(server: Server, application: Any, uri: str) -> str:
    """The token at `uri`; raises InvalidRequestURI, whose reason the log has."""
    if not is_registered(application, uri):
        raise _refused(application, "it is not registered")
    address, _, fragment = uri.partition("#")
    document = _document(server, application, address)
    if _HASH.match(fragment) and not _is_hash(fragment, document):
        # What is at hand is outdated, or the client means something else.
        document = _document(server, application, address, now())
        bound = server.settings.request_uri_hash_binding
        if bound and not _is_hash(fragment, document):
            raise _refused(application, "the content has another hash")
    return document.body.decode("ascii", "replace").strip()


def is_registered(application: Any, uri: str) -> bool:
    """Whether the client registered `uri`; the fragment may change with the content.

    One that was registered with a fragment holds for that content only.
    """
    address = uri.partition("#")[0]
    return any(
        uri == registered or address == registered
        for registered in application.declared("request_uris") or ()
    )


def _document(
    server: Server, application: Any, address: str, fresh_after: datetime | None = None
) -> Document:
    try:
        return server.fetcher.get(address, ACCEPT, fresh_after=fresh_after)
    except FetchError as error:
        raise _refused(application, f"it brought nothing: {error.reason}") from error


def _is_hash(fragment: str, document: Document) -> bool:
    return same(fragment, encoded(sha256(document.body).digest()))


def _refused(application: Any, reason: str) -> OAuth2Error:
    log.warning("request_uri of client %r refused: %s", application.client_id, reason)
    error: OAuth2Error = InvalidRequestURI()
    return error
