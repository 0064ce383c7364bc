"""POST to the registration endpoint makes a client (RFC 7591 section 3)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from pyramid_oauth import events
from pyramid_oauth.clients.registration import Settled, new_application
from pyramid_oauth.endpoints.registration import admission
from pyramid_oauth.endpoints.registration.answers import answer, information, told
from pyramid_oauth.endpoints.registration.node import Register
from pyramid_oauth.errors import FieldErrors, OAuth2Error
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.secret import digest, new_credential
from pyramid_oauth.protocol.json_body import read_json
from pyramid_oauth.server import Server


def register(context: Register, request: Any) -> Response:
    """Answer a registration request."""
    return answer(request, {"POST": _create})


def _create(request: Any, server: Server) -> Response:
    sent = read_json(request, server.settings.body_limit)
    limit = admission.Limit(request, server)
    limit.look()
    initial = admission.initial_access_token(request, server)
    try:
        application, secret = _made(request, server, sent)
    except (FieldErrors, OAuth2Error):
        limit.count()
        raise
    limit.count()
    admission.spend(request, server, initial)
    token = new_credential()
    application.registration_token_digest = digest(token)
    session = server.session(request)
    session.add(application)
    session.flush()
    events.notify(
        events.ClientRegistered(
            request=request, client_id=application.client_id, source=REGISTRATION
        )
    )
    return told(request, information(server, application, token, secret), 201)


def _made(request: Any, server: Server, sent: dict[str, Any]) -> Settled:
    document = admission.admitted(request, server, sent)
    return new_application(server, request, document)
