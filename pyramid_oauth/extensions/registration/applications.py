"""Applications from client metadata documents: registration and update.

RFC 7591 section 3, RFC 7592 section 2.2. `policy` decides who may register; only
`revoke_approvals` writes to the database.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from pyramid_oauth.clients.metadata import Document, check_shapes, fields, with_defaults
from pyramid_oauth.clients.validation import (
    require_valid_fields,
    set_fields,
    settle_secret,
    verify_documents,
)
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.extensions.openid.subject_identifiers import sector
from pyramid_oauth.extensions.registration.settings import (
    RegistrationSettings,
    registrable_scopes,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.server import Server, ServerRequest

ApplicationAndSecret = tuple[Any, str | None]
"""An application, and its client secret if that is new."""


def build_application(
    server: Server, request: ServerRequest, document: Document
) -> ApplicationAndSecret:
    """Return a new, valid application of the configured class.

    Raises:
        FieldErrors: The metadata are invalid.
    """
    values = _build_values(server, request, document)
    application = server.models.Application(source=REGISTRATION)
    set_fields(application, values)
    apply_defaults(application)
    application, secret = _validate(server, application)
    verify_documents(server, application)
    return application, secret


def replace_metadata(
    server: Server,
    request: ServerRequest,
    application: AbstractApplication,
    document: Document,
) -> ApplicationAndSecret:
    """Replace all metadata of `application` and validate it; fetch no document.

    What a client cannot register (owner, lifetimes, …) is unchanged, except
    `skip_authorization`: an administrator set it for the earlier metadata.

    Raises:
        FieldErrors: The metadata are invalid.
    """
    application.skip_authorization = False
    set_fields(application, _build_values(server, request, document))
    return _validate(server, application)


def _build_values(
    server: Server, request: ServerRequest, document: Document
) -> dict[str, Any]:
    check_shapes(document, server.application_rules)
    full = with_defaults(_drop_unoffered_types(server, document))
    allowed = server.settings[RegistrationSettings].registration_grant_types
    refused = [name for name in full["grant_types"] if name not in allowed]
    if refused:
        problem = f"{' '.join(refused)}: not for clients that register themselves"
        raise FieldErrors({"grant_types": [problem]})
    _narrow_scope(server, request, full)
    return fields(full, server.application_rules.schema)


def _drop_unoffered_types(server: Server, document: Document) -> Document:
    """Return the document without unsupported response and grant types.

    RFC 7591 section 3.2.1; some clients always request all of them. Only if `code`
    remains, and unless `registration_strict` is set.
    """
    settings = server.settings[RegistrationSettings]
    types = document.get("response_types")
    offered = [frozenset(name.split()) for name in server.response_types]
    if settings.registration_strict or not types:
        return document
    kept = [name for name in types if frozenset(name.split()) in offered]
    if "code" not in kept:
        return document
    narrowed = {**document, "response_types": kept}
    if "grant_types" in document:
        narrowed["grant_types"] = [
            name
            for name in document["grant_types"]
            if name in server.grants and name in settings.registration_grant_types
        ]
    return narrowed


def _narrow_scope(server: Server, request: ServerRequest, full: Document) -> None:
    """Remove scopes that registered clients may not have (RFC 7591 section 3.2.1).

    A client that names none gets all that it may have.
    """
    known: Mapping[str, str] = server.scopes.catalogue(request)
    allowed = registrable_scopes(server.settings, known)
    requested = full["scope"].split() if "scope" in full else allowed
    kept = [name for name in requested if name in allowed]
    if requested and not kept:
        raise FieldErrors({"scope": ["has no scope that registered clients may have"]})
    full["scope"] = " ".join(dict.fromkeys(kept))


def _validate(server: Server, application: AbstractApplication) -> ApplicationAndSecret:
    """Issue the secret that the metadata require, then validate without a fetch."""
    secret = settle_secret(server, application)
    lifetime = server.settings[RegistrationSettings].registration_secret_lifetime
    if secret is not None:
        application.client_secret_expires_at = (
            now() + timedelta(seconds=lifetime) if lifetime else None
        )
    require_valid_fields(server, application)
    return application, secret


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ApprovedState:
    """The metadata of a client on which consents and grants depend.

    Attributes:
        redirect_uris: The registered redirect URIs.
        sector: The sector of its pairwise subjects; None if they are public.
    """

    redirect_uris: frozenset[str]
    sector: str | None

    @classmethod
    def of(cls, application: AbstractApplication) -> ApprovedState:
        """Return the present state of `application`."""
        pairwise = application.declared("subject_type") == "pairwise"
        return cls(
            redirect_uris=frozenset(application.redirect_uris.split()),
            sector=sector(application) if pairwise else None,
        )


def revoke_approvals(
    server: Server,
    session: Session,
    application: AbstractApplication,
    before: ApprovedState,
) -> None:
    """Delete consents or end grants that an update of the client invalidates.

    The holder of a registration access token may add a redirect URI of his own, so
    consents do not extend to new ones. Under another sector, old grants would disclose
    subjects of the old sector.
    """
    after, client_id = ApprovedState.of(application), application.client_id
    if after.redirect_uris - before.redirect_uris:
        deleted = server.repositories.consents.delete_of_client(session, client_id)
        if deleted:
            log.warning(
                "client %r has new redirect URIs: %s consents are deleted",
                client_id,
                deleted,
            )
    if after.sector != before.sector:
        revoked = server.repositories.grants.end_all(session, client_id, now())
        log.warning(
            "client %r has another sector: %s grants are ended", client_id, revoked
        )
