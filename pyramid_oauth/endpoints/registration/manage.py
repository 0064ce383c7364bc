"""A client reads, changes or deletes its own registration (RFC 7592 section 2).

Its registration access token is all it needs; the server keeps a digest. A change
brings a new token: the old one dies with it.
"""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from sqlalchemy import select, update

from pyramid_oauth import events
from pyramid_oauth.clients.registration import Settled, changed_application
from pyramid_oauth.endpoints.registration import admission
from pyramid_oauth.endpoints.registration.answers import (
    BearerRefused,
    answer,
    information,
    told,
)
from pyramid_oauth.endpoints.registration.node import RegisteredClient
from pyramid_oauth.endpoints.registration.trust import Known, take_back
from pyramid_oauth.errors import (
    FieldErrors,
    InvalidClientMetadata,
    OAuth2Error,
    RegistrationDenied,
)
from pyramid_oauth.models.deletion import delete_applications
from pyramid_oauth.models.records.writing import columns_of
from pyramid_oauth.models.secret import digest, new_credential
from pyramid_oauth.models.store import write
from pyramid_oauth.protocol.answer import NO_STORE
from pyramid_oauth.protocol.json_body import read_json
from pyramid_oauth.server import Server

SERVERS_OWN = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


def manage(context: RegisteredClient, request: Any) -> Response:
    """Answer a request to a client's configuration endpoint."""
    return answer(request, {"GET": _read, "PUT": _change, "DELETE": _delete})


def _read(request: Any, server: Server) -> Response:
    token = admission.presented_token(request)
    application = _found(request, server, token)
    return told(request, information(server, application, token, None))


def _found(request: Any, server: Server, token: str) -> Any:
    """The application named by the URL, if `token` is its own.

    Whether the client or the token is unknown is not told (section 2.1).
    """
    model, client_id = server.models.Application, request.context.client_id
    if not client_id.isprintable():  # PostgreSQL takes no NUL
        raise BearerRefused()
    statement = select(model).where(
        model.client_id == client_id, model.registration_token_digest == digest(token)
    )
    application = server.session(request).scalars(statement).first()
    if application is None:
        raise BearerRefused()
    if not application.is_usable:
        raise RegistrationDenied(description="The client is disabled.")
    return application


def _change(request: Any, server: Server) -> Response:
    token = admission.presented_token(request)
    sent = read_json(request, server.settings.body_limit)
    application = _found(request, server, token)
    limit = admission.Limit(request, server)
    limit.look()
    session, fresh = server.session(request), new_credential()
    before = Known.of(application)
    try:
        with session.no_autoflush:
            _check_names(sent, application)
            application, secret = _changed(request, server, application, sent)
            _rotate(request, server, token, fresh)
    except (FieldErrors, OAuth2Error, BearerRefused):
        session.expire(application)  # or half a change would be stored
        # What is refused may have made the server fetch something, as often as asked.
        limit.count()
        raise
    session.flush()
    take_back(server, session, application, before)
    server.records.applications.forget(application.client_id)
    events.notify(
        events.ClientUpdated(request=request, client_id=application.client_id)
    )
    return told(request, information(server, application, fresh, secret))


def _changed(
    request: Any, server: Server, application: Any, sent: dict[str, Any]
) -> Settled:
    known = application.declared(admission.STATEMENT)
    document = admission.admitted_again(request, server, sent, known)
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
            columns["registration_token_digest"] == digest(old),
        )
        .values({columns["registration_token_digest"]: digest(new)})
    )
    if not write(server.session(request), statement, {}):
        raise BearerRefused()


def _delete(request: Any, server: Server) -> Response:
    application = _found(request, server, admission.presented_token(request))
    client_id, session = application.client_id, server.session(request)
    session.expunge(application)
    delete_applications(session, server.models, [client_id])
    server.records.applications.forget(client_id)
    events.notify(events.ClientDeleted(request=request, client_id=client_id))
    return Response(status=204, headerlist=[NO_STORE, ("Pragma", "no-cache")])
