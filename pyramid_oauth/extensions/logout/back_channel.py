"""Back-channel notices: Logout Tokens, made when they are delivered.

OpenID Connect Back-Channel Logout sections 2.4 and 2.5.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.clock import timestamp
from pyramid_oauth.extensions.logout.repository import Participant
from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for, subject_for
from pyramid_oauth.hashing import new_credential
from pyramid_oauth.outbox import Send
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.protocol.response_jwt import envelope
from pyramid_oauth.server import Server

KIND = "backchannel_logout"

TYPE = "logout+jwt"

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def message(application: Any, participant: Participant) -> Any:
    """What `outbox.enqueue` takes for this client, or None where it has no such URI."""
    uri = application.declared("backchannel_logout_uri")
    if not isinstance(uri, str):
        return None
    about = {"sid": participant.sid, "user_id": participant.user_id}
    return application.client_id, uri, about


def prepare(request: Any, message: ClaimedMessage) -> Send | None:
    """Sign a Logout Token for the client as it is registered now."""
    server: Server = request.oauth.server
    database = server.session(request)
    application = server.repositories.applications.load(database, message.client_id)
    uri = application and application.declared("backchannel_logout_uri")
    if not isinstance(uri, str):
        return None
    closing = envelope(server, lambda: database, application, "id_token")
    claims = _claims(server, application, message.content)
    token = closing.closed(claims, typ=TYPE, shown=("iss",))
    return lambda fetcher: fetcher.post_form(uri, {"logout_token": token})


def _claims(server: Server, application: Any, about: dict[str, Any]) -> dict[str, Any]:
    issued = timestamp()
    return {
        "iss": server.issuer,
        "aud": application.client_id,
        "iat": issued,
        "exp": issued + server.settings[LogoutSettings].logout_token_lifetime,
        "jti": new_credential(16),
        "events": {EVENT: {}},
        "sub": subject_for(server, application, about["user_id"]),
        "sid": sid_for(server, application, about["sid"]),
    }


def metadata(server: Server) -> dict[str, Any]:
    """What section 2.1 wants to know."""
    on = server.settings[LogoutSettings].backchannel_logout
    return {
        "backchannel_logout_supported": on or None,
        "backchannel_logout_session_supported": on or None,
    }
