"""Applications from metadata documents: add one, and renew it.

RFC 7591 section 2; Client ID Metadata Document draft 01, sections 4.1 and 6.3.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.clients import validation
from pyramid_oauth.clients.drafts import (
    ChangedMeanwhile,
    changed_fields,
    claim,
    copy_application,
    store_field,
)
from pyramid_oauth.clients.self_registration import set_stated_fields, stated_fields
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.extensions.client_id_metadata.documents import MetadataDocument
from pyramid_oauth.extensions.client_id_metadata.settings import (
    ClientIdMetadataSettings,
    metadata_limits,
)
from pyramid_oauth.extensions.openid.approvals import ApprovedState, revoke_approvals
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import METADATA_DOCUMENT
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.server import Server, ServerRequest

Fields = dict[str, Any]


class TooManyClients(Exception):
    """As many clients as permitted exist by their documents."""


def build_application(
    server: Server,
    request: ServerRequest,
    client_id: str,
    document: MetadataDocument,
) -> tuple[Any, Fields]:
    """Return a new, valid application of the configured class, and its fields.

    Documents that the metadata refer to are fetched.

    Raises:
        FieldErrors: The metadata are invalid.
    """
    limits = metadata_limits(server.settings)
    values = stated_fields(server, request, document.members, limits)
    application = server.models.Application(
        client_id=client_id, source=METADATA_DOCUMENT
    )
    _apply(server, application, values)
    validation.verify_documents(server, application)
    return application, values


def _apply(server: Server, application: AbstractApplication, values: Fields) -> None:
    """Set all fields that a document decides, and validate the application."""
    set_stated_fields(server, application, values)
    apply_defaults(application)
    if validation.needs_secret(application):
        problem = "an algorithm needs a client secret, which such a client has not"
        raise FieldErrors({"client_secret": [problem]})
    validation.settle_secret(server, application)
    validation.require_valid_fields(server, application)


def add_application(
    server: Server,
    session: Session,
    application: AbstractApplication,
    document: MetadataDocument,
) -> bool:
    """Store a new application; return False if another process was faster.

    Raises:
        TooManyClients: The limit is reached.
    """
    documents = server.repositories.client_documents
    most = server.settings[ClientIdMetadataSettings].client_id_metadata_clients
    client_id = application.client_id
    try:
        with documents.transaction(session) as own:
            if documents.count(own) >= most:
                raise TooManyClients(client_id)
            own.add(application)
            own.flush()
            documents.store(own, client_id, document.fetched_at, document.expires_at)
    except IntegrityError as error:
        if documents.find(session, client_id) is None:  # a constraint of the host
            problem = "it cannot be stored; another client has one of its values"
            raise FieldErrors({"": [problem]}) from error
        return False
    finally:
        server.repositories.applications.invalidate(client_id)
    return True


def renew_application(
    server: Server,
    session: Session,
    client_id: str,
    values: Fields,
    document: MetadataDocument,
) -> list[str]:
    """Store what has changed in a known client; return the names of those fields.

    Raises:
        FieldErrors: The metadata do not fit what an administrator has set.
        ChangedMeanwhile: Another process changes the client now, or has deleted it.
    """
    documents = server.repositories.client_documents
    model = server.models.Application
    try:
        with documents.transaction(session) as own:
            statement = select(model).where(model.client_id == client_id)
            application = own.scalars(statement).first()
            if application is None:
                raise ChangedMeanwhile(client_id)
            changed = _change(server, own, application, values)
            documents.store(own, client_id, document.fetched_at, document.expires_at)
    except IntegrityError as error:
        raise ChangedMeanwhile(client_id) from error
    finally:
        server.repositories.applications.invalidate(client_id)
    return changed


def _change(
    server: Server, session: Session, application: AbstractApplication, values: Fields
) -> list[str]:
    draft = copy_application(application)
    _apply(server, draft, values)
    changed = changed_fields(application, draft)
    if not changed:
        return []
    before = ApprovedState.of(application)
    claim(server, session, application, None)
    for name in changed:
        store_field(application, name, getattr(draft, name))
    session.flush()
    revoke_approvals(server, session, application, before)
    return changed
