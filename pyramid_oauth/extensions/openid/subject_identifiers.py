"""Who a client is told that the resource owner is: one name for all, or one each.

OpenID Connect Core section 8 (subject identifier types) and 8.1 (pairwise).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.hashing import hmac_sha256
from pyramid_oauth.http.responses import service_unavailable
from pyramid_oauth.server import Server


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
    if not server.settings.pairwise_salt:
        raise service_unavailable(
            f"client {application.client_id!r} has pairwise subjects, but "
            "pyramid_oauth.pairwise_salt is not set"
        )
    return hmac_sha256(
        server.settings.pairwise_salt[0], kind, sector(application), name
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
