"""Subject identifiers: public or pairwise, and the sector of a client.

OpenID Connect Core sections 8 and 8.1; OpenID Connect Dynamic Client Registration 1.0
section 5 (`sector_identifier_uri`).
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.clock import now
from pyramid_oauth.extensions.openid.settings import OpenIDSettings
from pyramid_oauth.fetch import FetchError
from pyramid_oauth.hashing import hmac_sha256
from pyramid_oauth.http.responses import service_unavailable
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_value
from pyramid_oauth.models.client_metadata_fields import Errors
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)


def subject_for(server: Server, application: Any, user_id: str) -> str:
    """The `sub` of `user_id` as `application` may know it.

    Raises TemporarilyUnavailableError where the client is pairwise and the server has
    lost its salt: its users' names for everybody are none of its business.
    """
    return _in_sector(server, application, "pairwise", user_id)


def sid_for(server: Server, application: Any, sid: str) -> str:
    """The `sid` by which `application` may know a session; raises like `subject_for`.

    Clients of several sectors could compare one for all, as they could a `sub`.
    """
    return _in_sector(server, application, "pairwise sid", sid)


def _in_sector(server: Server, application: Any, kind: str, name: str) -> str:
    if application.declared("subject_type", "public") != "pairwise":
        return name
    if not server.settings[OpenIDSettings].pairwise_salt:
        raise service_unavailable(
            f"client {application.client_id!r} has pairwise subjects, but "
            "pyramid_oauth.pairwise_salt is not set"
        )
    return hmac_sha256(
        server.settings[OpenIDSettings].pairwise_salt[0],
        kind,
        sector(application),
        name,
    )


def sector(application: Any) -> str:
    """Within what a pairwise subject is the same: the host that section 8.1 names.

    A client whose redirect URIs lie on several hosts, with no `sector_identifier_uri`
    to vouch for them, is a sector of its own.
    """
    declared = application.declared("sector_identifier_uri")
    uris = [declared] if declared else application.redirect_uris.split()
    hosts = {urlsplit(uri).hostname for uri in uris}
    host = hosts.pop() if len(hosts) == 1 else None
    return host or f"client:{application.client_id}"


# One sentence for every failure: the reason would tell a stranger what the server can
# reach.
REFUSAL = "is no document that lists every one of redirect_uris"


def verify_sector(server: Any, application: Any) -> Errors:
    """Fetch the client's list of redirect URIs, which must have each registered one.

    As it is at this moment: a client may have mended it just now.
    """
    uri = application.declared("sector_identifier_uri")
    if uri is None:
        return {}
    wanted = (application.redirect_uris or "").split()
    try:
        listed = json_value(server.fetcher.get(uri, not_before=now()).body)
    except FetchError as error:
        log.warning("sector_identifier_uri %r: %s", uri, error.reason)
    except InvalidToken:
        log.warning("sector_identifier_uri %r brought no JSON", uri)
    else:
        items = listed if isinstance(listed, list) else []
        if {item for item in items if isinstance(item, str)}.issuperset(wanted):
            return {}
    return {"sector_identifier_uri": [REFUSAL]}
