"""Back-channel notifications: Logout Tokens, signed at delivery.

OpenID Connect Back-Channel Logout sections 2.4 and 2.5.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.clock import timestamp
from pyramid_oauth.extensions.logout.repository import Participant
from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for, subject_for
from pyramid_oauth.hashing import new_credential
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.outbox import Send
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.protocol.response_jwt import build_envelope
from pyramid_oauth.server import Server, ServerRequest

KIND = "backchannel_logout"

TYPE = "logout+jwt"

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def message(
    application: AbstractApplication, participant: Participant
) -> tuple[str, str, dict[str, Any]] | None:
    """Return the message for `outbox.enqueue`, or None without a back-channel URI."""
    uri = application.declared("backchannel_logout_uri")
    if not isinstance(uri, str):
        return None
    content = {"sid": participant.sid, "user_id": participant.user_id}
    return application.client_id, uri, content


def prepare_logout_token(
    request: ServerRequest, message: ClaimedMessage
) -> Send | None:
    """Sign a Logout Token with the current metadata of the client."""
    server: Server = request.oauth.server
    database = server.session(request)
    application = server.repositories.applications.load(database, message.client_id)
    if application is None:
        return None
    uri = application.declared("backchannel_logout_uri")
    if not isinstance(uri, str):
        return None
    jwt_envelope = build_envelope(server, lambda: database, application, "id_token")
    claims = _claims(server, application, message.content)
    token = jwt_envelope.sign_and_encrypt(claims, typ=TYPE, replicated=("iss",))
    return lambda fetcher: fetcher.post_form(uri, {"logout_token": token})


def _claims(
    server: Server, application: AbstractApplication, content: dict[str, Any]
) -> dict[str, Any]:
    now = timestamp()
    return {
        "iss": server.issuer,
        "aud": application.client_id,
        "iat": now,
        "exp": now + server.settings[LogoutSettings].logout_token_lifetime,
        "jti": new_credential(16),
        "events": {EVENT: {}},
        "sub": subject_for(server, application, content["user_id"]),
        "sid": sid_for(server, application, content["sid"]),
    }


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of section 2.1."""
    is_enabled = server.settings[LogoutSettings].backchannel_logout
    return {
        "backchannel_logout_supported": is_enabled or None,
        "backchannel_logout_session_supported": is_enabled or None,
    }
