"""The registration endpoint in the tree, and below it each client that registered."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from sqlalchemy import select, update

from pyramid_oauth import events
from pyramid_oauth.cleanup import delete_applications
from pyramid_oauth.database import columns_of, execute
from pyramid_oauth.errors import FieldErrors, OAuth2Error
from pyramid_oauth.extensions.registration import policy
from pyramid_oauth.extensions.registration.applications import (
    ApprovedState,
    Settled,
    changed_application,
    new_application,
    revoke_approvals,
)
from pyramid_oauth.extensions.registration.responses import (
    BearerRefused,
    InvalidClientMetadata,
    RegistrationDenied,
    client_information,
    respond,
    told,
)
from pyramid_oauth.hashing import new_credential, sha256_digest
from pyramid_oauth.http.forms import read_json
from pyramid_oauth.http.responses import NO_STORE
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint, Node


class RegisteredClient(Node):
    """`register/<client_id>`: a client's configuration (RFC 7592 section 2)."""

    @property
    def client_id(self) -> str:
        """The client that the URL names; nobody has said yet that there is one."""
        return self.__name__ or ""


class Register(Endpoint):
    """`register`: metadata goes in, a client comes out."""

    def __getitem__(self, name: str) -> Node:
        return RegisteredClient(name, self, self.request)


def register(context: Register, request: Any) -> Response:
    """Answer a registration request."""
    return respond(request, {"POST": _create})


def _create(request: Any, server: Server) -> Response:
    sent = read_json(request, server.settings.body_limit)
    limit = policy.Limit(request, server)
    limit.look()
    initial = policy.initial_access_token(request, server)
    limit.count()
    application, secret = _made(request, server, sent)
    policy.consume(request, server, initial)
    token = new_credential()
    application.registration_token_digest = sha256_digest(token)
    session = server.session(request)
    session.add(application)
    session.flush()
    events.notify(
        events.ClientRegistered(
            request=request, client_id=application.client_id, source=REGISTRATION
        )
    )
    return told(request, client_information(server, application, token, secret), 201)


def _made(request: Any, server: Server, sent: dict[str, Any]) -> Settled:
    document = policy.authorize_registration(request, server, sent)
    return new_application(server, request, document)


SERVERS_OWN = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


def manage(context: RegisteredClient, request: Any) -> Response:
    """Answer a request to a client's configuration endpoint."""
    return respond(request, {"GET": _read, "PUT": _change, "DELETE": _delete})


def _read(request: Any, server: Server) -> Response:
    token = policy.presented_token(request)
    application = _found(request, server, token)
    return told(request, client_information(server, application, token, None))


def _found(request: Any, server: Server, token: str) -> Any:
    """The application named by the URL, if `token` is its own.

    Whether the client or the token is unknown is not told (section 2.1).
    """
    model, client_id = server.models.Application, request.context.client_id
    if not client_id.isprintable():  # PostgreSQL takes no NUL
        raise policy.refuse_token(request, server, client_id)
    statement = select(model).where(
        model.client_id == client_id,
        model.registration_token_digest == sha256_digest(token),
    )
    application = server.session(request).scalars(statement).first()
    if application is None:
        raise policy.refuse_token(request, server, client_id)
    if not application.is_usable:
        raise RegistrationDenied(description="The client is disabled.")
    return application


def _change(request: Any, server: Server) -> Response:
    token = policy.presented_token(request)
    sent = read_json(request, server.settings.body_limit)
    application = _found(request, server, token)
    limit = policy.Limit(request, server)
    limit.count()
    session, fresh = server.session(request), new_credential()
    before = ApprovedState.of(application)
    try:
        with session.no_autoflush:
            _check_names(sent, application)
            application, secret = _changed(request, server, application, sent)
            _rotate(request, server, token, fresh)
    except (FieldErrors, OAuth2Error, BearerRefused):
        session.expire(application)  # or half a change would be stored
        # It stays counted: it may have made the server fetch something.
        raise
    limit.take_back()
    session.flush()
    revoke_approvals(server, session, application, before)
    server.repositories.applications.invalidate(application.client_id)
    events.notify(
        events.ClientUpdated(request=request, client_id=application.client_id)
    )
    return told(request, client_information(server, application, fresh, secret))


def _changed(
    request: Any, server: Server, application: Any, sent: dict[str, Any]
) -> Settled:
    known = application.declared(policy.STATEMENT)
    document = policy.authorize_update(request, server, sent, known)
    return changed_application(server, request, application, document)


def _check_names(sent: dict[str, Any], application: Any) -> None:
    """Who it is must be said and stays (section 2.2)."""
    for name in SERVERS_OWN:
        if name in sent:
            raise InvalidClientMetadata(description=f"{name} is not the client's.")
    if sent.get("client_id") != application.client_id:
        raise InvalidClientMetadata(description="client_id is not that of the client.")
    secret = sent.get("client_secret")
    if secret is None:
        return
    if not isinstance(secret, str) or not application.client_secret_matches(secret):
        raise InvalidClientMetadata(description="client_secret is not the present one.")


def _rotate(request: Any, server: Server, old: str, new: str) -> None:
    """Put `new` in the place of `old`; one UPDATE decides between two changes."""
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


def _delete(request: Any, server: Server) -> Response:
    application = _found(request, server, policy.presented_token(request))
    client_id, session = application.client_id, server.session(request)
    session.expunge(application)
    delete_applications(session, server.models, [client_id])
    server.repositories.applications.invalidate(client_id)
    events.notify(events.ClientDeleted(request=request, client_id=client_id))
    return Response(status=204, headerlist=[NO_STORE, ("Pragma", "no-cache")])
