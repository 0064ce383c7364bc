"""Client registration endpoint and client configuration endpoint.

RFC 7591 section 3, RFC 7592 section 2.
"""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from pyramid_oauth import events
from pyramid_oauth.cleanup import delete_applications
from pyramid_oauth.clients.metadata import Document
from pyramid_oauth.clients.validation import verify_documents
from pyramid_oauth.database import columns_of, execute, fetch_one, look_up
from pyramid_oauth.errors import FieldErrors, OAuth2Error
from pyramid_oauth.extensions.openid.approvals import ApprovedState, revoke_approvals
from pyramid_oauth.extensions.registration import policy
from pyramid_oauth.extensions.registration.applications import (
    ApplicationAndSecret,
    build_application,
    replace_metadata,
)
from pyramid_oauth.extensions.registration.responses import (
    BearerRefused,
    InvalidClientMetadata,
    RegistrationDenied,
    client_information,
    client_response,
    respond,
)
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.hashing import new_credential, sha256_digest
from pyramid_oauth.http.forms import read_json
from pyramid_oauth.http.responses import NO_STORE
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint, Node


class RegisteredClient(Node):
    """`register/<client_id>`: the client configuration endpoint (RFC 7592)."""

    @property
    def client_id(self) -> str:
        """The client_id in the URL; whether the client exists is not checked."""
        return self.__name__ or ""


class Register(Endpoint):
    """`register`: the client registration endpoint (RFC 7591 section 3)."""

    def __getitem__(self, name: str) -> Node:
        return self.child(RegisteredClient, name)


def register(context: Register, request: ServerRequest) -> Response:
    """Return the response to a registration request (RFC 7591 section 3)."""
    return respond(request, {"POST": _create_client})


def _create_client(request: ServerRequest, server: Server) -> Response:
    sent = read_json(request, server.settings.body_limit)
    limit = policy.RegistrationLimit(request, server)
    limit.check()
    initial = policy.require_initial_access_token(request, server)
    limit.count()
    application, secret = _build_client(request, server, sent)
    policy.consume_token(request, server, initial)
    token = new_credential()
    application.registration_token_digest = sha256_digest(token)
    if server.settings[RegistrationSettings].registration_approval == "required":
        # Disabled since its creation: that tells it from what was disabled later.
        application.disabled_at = application.created_at
    session = server.session(request)
    session.add(application)
    session.flush()
    events.notify(
        events.ClientRegistered(
            request=request, client_id=application.client_id, source=REGISTRATION
        )
    )
    return client_response(
        request, client_information(server, application, token, secret), 201
    )


def _build_client(
    request: ServerRequest, server: Server, sent: dict[str, Any]
) -> ApplicationAndSecret:
    document = policy.authorize_registration(request, server, sent)
    return build_application(server, request, document)


SERVER_MEMBERS = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


def manage(context: RegisteredClient, request: ServerRequest) -> Response:
    """Return the response of the client configuration endpoint (RFC 7592 section 2)."""
    return respond(
        request, {"GET": _read_client, "PUT": _update_client, "DELETE": _delete_client}
    )


def _read_client(request: ServerRequest, server: Server) -> Response:
    token = policy.read_bearer_token(request)
    application = _authenticate_client(request, server, token)
    return client_response(
        request, client_information(server, application, token, None)
    )


def _authenticate_client(
    request: ServerRequest, server: Server, token: str
) -> AbstractApplication:
    """Return the application in the URL if `token` is its registration access token.

    The response does not disclose whether the client exists (RFC 7592 section 2.1).
    """
    model, session = server.models.Application, server.session(request)
    statement = select(model).where(*_is_client(request, server, token))
    return _require_usable(request, server, session.scalars(statement).first())


def _copy_client(
    request: ServerRequest, server: Server, token: str
) -> AbstractApplication:
    """Return a copy, not to be stored, of what `_authenticate_client` returns.

    It is read before the transaction of the request, which must not wait for the
    documents of the client.
    """
    columns = columns_of(server.models.Application)
    statement = look_up(
        select(*(column.label(name) for name, column in columns.items())).where(
            *_is_client(request, server, token)
        )
    )
    row = fetch_one(server.session(request), statement, {})
    copy = None if row is None else server.models.Application()
    for name in columns if copy is not None else ():
        set_committed_value(copy, name, getattr(row, name))
    return _require_usable(request, server, copy)


def _is_client(request: ServerRequest, server: Server, token: str) -> tuple[Any, ...]:
    """Return the conditions for the client in the URL and its token."""
    client_id = request.context.client_id
    if not client_id.isprintable():  # PostgreSQL takes no NUL
        raise policy.refuse_token(request, server, client_id)
    columns = columns_of(server.models.Application)
    return (
        columns["client_id"] == client_id,
        columns["registration_token_digest"] == sha256_digest(token),
    )


def _require_usable(
    request: ServerRequest, server: Server, application: AbstractApplication | None
) -> AbstractApplication:
    """Return the application found for a token, if there is one that may be used."""
    if application is None:
        raise policy.refuse_token(request, server, request.context.client_id)
    if not application.is_usable:
        raise RegistrationDenied(description="The client is disabled.")
    return application


def _update_client(request: ServerRequest, server: Server) -> Response:
    token = policy.read_bearer_token(request)
    sent = read_json(request, server.settings.body_limit)
    copy = _copy_client(request, server, token)
    limit = policy.RegistrationLimit(request, server)
    limit.count()  # it stays counted if the update is refused: it may cost a fetch
    document = _check_update(request, server, copy, sent)
    application = _authenticate_client(request, server, token)
    session, fresh = server.session(request), new_credential()
    before = ApprovedState.of(application)
    try:
        with session.no_autoflush:
            application, secret = replace_metadata(
                server, request, application, document
            )
            _rotate_token(request, server, token, fresh)
    except (FieldErrors, OAuth2Error, BearerRefused):
        session.expire(application)  # do not store a part of the update
        raise
    limit.take_back()
    session.flush()
    revoke_approvals(server, session, application, before)
    server.repositories.applications.invalidate(application.client_id)
    events.notify(
        events.ClientUpdated(request=request, client_id=application.client_id)
    )
    return client_response(
        request, client_information(server, application, fresh, secret)
    )


def _check_update(
    request: ServerRequest,
    server: Server,
    copy: AbstractApplication,
    sent: dict[str, Any],
) -> Document:
    """Return the new metadata after every check; `copy` is a copy of the client."""
    _check_identity(sent, copy)
    known = copy.declared(policy.STATEMENT)
    document = policy.authorize_update(request, server, sent, known)
    replace_metadata(server, request, copy, document)
    verify_documents(server, copy)
    return document


def _check_identity(sent: dict[str, Any], application: AbstractApplication) -> None:
    """Check that the update names the client itself (RFC 7592 section 2.2)."""
    for name in SERVER_MEMBERS:
        if name in sent:
            raise InvalidClientMetadata(description=f"{name} must not be sent.")
    if sent.get("client_id") != application.client_id:
        raise InvalidClientMetadata(description="client_id is not that of the client.")
    secret = sent.get("client_secret")
    if secret is None:
        return
    if not isinstance(secret, str) or not application.client_secret_matches(secret):
        raise InvalidClientMetadata(description="client_secret is not the present one.")


def _rotate_token(request: ServerRequest, server: Server, old: str, new: str) -> None:
    """Replace the registration access token by one UPDATE, which decides races."""
    columns = columns_of(server.models.Application)
    statement = (
        update(server.models.Application.__table__)
        .where(
            columns["client_id"] == request.context.client_id,
            columns["registration_token_digest"] == sha256_digest(old),
        )
        .values({columns["registration_token_digest"]: sha256_digest(new)})
    )
    if not execute(server.session(request), statement, {}):
        raise BearerRefused()


def _delete_client(request: ServerRequest, server: Server) -> Response:
    application = _authenticate_client(
        request, server, policy.read_bearer_token(request)
    )
    client_id, session = application.client_id, server.session(request)
    session.expunge(application)
    delete_applications(session, server.models, [client_id])
    server.repositories.applications.invalidate(client_id)
    events.notify(events.ClientDeleted(request=request, client_id=client_id))
    return Response(status=204, headerlist=[NO_STORE, ("Pragma", "no-cache")])
