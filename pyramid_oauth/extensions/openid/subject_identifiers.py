"""Subject identifiers: public or pairwise, and the sector of a client.

OpenID Connect Core sections 8 and 8.1; OpenID Connect Dynamic Client Registration 1.0
section 5 (`sector_identifier_uri`).
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from pyramid_oauth.clients.documents import fetch_json
from pyramid_oauth.clock import now
from pyramid_oauth.extensions.openid.settings import OpenIDSettings
from pyramid_oauth.hashing import hmac_sha256
from pyramid_oauth.http.responses import service_unavailable
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Errors
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)


def subject_for(server: Server, application: AbstractApplication, user_id: str) -> str:
    """Return the `sub` of `user_id` for `application`.

    Raises TemporarilyUnavailableError if the client is pairwise and the server has no
    salt: it must not get the public identifiers instead.
    """
    return _in_sector(server, application, "pairwise", user_id)


def sid_for(server: Server, application: AbstractApplication, sid: str) -> str:
    """Return the `sid` of a login session for `application`; raises like `subject_for`.

    It is pairwise like `sub`, so that clients of two sectors cannot correlate users.
    """
    return _in_sector(server, application, "pairwise sid", sid)


def identifiers_for(
    server: Server, application: AbstractApplication, user_id: str, sid: str | None
) -> tuple[str, str | None]:
    """Return `sub` and `sid` for `application`; raises like `subject_for`."""
    if not _is_pairwise(application):
        return user_id, sid
    subject = subject_for(server, application, user_id)
    return subject, sid and sid_for(server, application, sid)


def _is_pairwise(application: AbstractApplication) -> bool:
    declared = application.client_metadata or {}
    return bool(declared.get("subject_type") == "pairwise")


def _in_sector(
    server: Server, application: AbstractApplication, kind: str, name: str
) -> str:
    if not _is_pairwise(application):
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


def sector(application: AbstractApplication) -> str:
    """Return the sector of pairwise identifiers: the host of section 8.1.

    A client with redirect URIs on several hosts and no `sector_identifier_uri` is a
    sector of its own.
    """
    declared = application.declared("sector_identifier_uri")
    uris = [declared] if declared else application.redirect_uris.split()
    hosts = {urlsplit(uri).hostname for uri in uris}
    host = hosts.pop() if len(hosts) == 1 else None
    return host or f"client:{application.client_id}"


# The same for every failure: the reason would tell an attacker what the server can
# reach.
REFUSAL = "is not a document that lists all redirect_uris"


def verify_sector(server: Server, application: AbstractApplication) -> Errors:
    """Fetch the client's list of redirect URIs, which must contain each registered one.

    The cache is not used: the client may have corrected its list.
    """
    uri = application.declared("sector_identifier_uri")
    if uri is None:
        return {}
    redirect_uris = (application.redirect_uris or "").split()
    subject = f"sector_identifier_uri {uri!r}"
    document = fetch_json(server.fetcher, uri, subject, not_before=now())
    if isinstance(document, list):
        listed_uris = {item for item in document if isinstance(item, str)}
        if listed_uris.issuperset(redirect_uris):
            return {}
    return {"sector_identifier_uri": [REFUSAL]}
