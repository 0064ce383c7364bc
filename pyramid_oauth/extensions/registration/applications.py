"""A client registers, or changes what it registered: from document to application.

RFC 7591 section 3, RFC 7592 section 2.2. Who may do so is decided elsewhere; nothing
here writes to the database.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyramid_oauth.clients.metadata import Document, check_shapes, fields, with_defaults
from pyramid_oauth.clients.validation import (
    set_fields,
    settle_secret,
    validate_application,
)
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.extensions.openid.subject_identifiers import sector
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.server import Server

Settled = tuple[Any, str | None]
"""An application, and its secret where it has just got one."""


def new_application(server: Any, request: Any, document: Document) -> Settled:
    """A new application of the configured class; raises FieldErrors."""
    values = _values(server, request, document)
    application = server.models.Application(source=REGISTRATION)
    set_fields(application, values)
    apply_defaults(application)
    return _settled(server, application)


def changed_application(
    server: Any, request: Any, application: Any, document: Document
) -> Settled:
    """`application` with all its metadata replaced; raises FieldErrors.

    What the client cannot register (its owner, lifetimes, …) stays, except for trust
    without consent: that was given to what the client used to be.
    """
    application.skip_authorization = False
    set_fields(application, _values(server, request, document))
    return _settled(server, application)


def _values(server: Any, request: Any, document: Document) -> dict[str, Any]:
    check_shapes(document, server.application_rules)
    full = with_defaults(_offered_part(server, document))
    allowed = server.settings[RegistrationSettings].registration_grant_types
    refused = [name for name in full["grant_types"] if name not in allowed]
    if refused:
        told = f"{' '.join(refused)}: not for clients that register themselves"
        raise FieldErrors({"grant_types": [told]})
    _narrow_scope(server, request, full)
    return fields(full, server.application_rules.schema)


def _offered_part(server: Any, document: Document) -> Document:
    """Leave out response and grant types that are not offered, where `code` is left.

    Some clients always ask for all that there are; the answer tells what they got.
    """
    settings = server.settings[RegistrationSettings]
    types = document.get("response_types")
    offered = [frozenset(name.split()) for name in server.response_types]
    if settings.registration_strict or not types:
        return document
    left = [name for name in types if frozenset(name.split()) in offered]
    if "code" not in left:
        return document
    narrowed = {**document, "response_types": left}
    if "grant_types" in document:
        narrowed["grant_types"] = [
            name
            for name in document["grant_types"]
            if name in server.grants and name in settings.registration_grant_types
        ]
    return narrowed


def _narrow_scope(server: Any, request: Any, full: Document) -> None:
    """Leave the scopes which this server lets registered clients have (3.2.1)."""
    allowed = server.settings[RegistrationSettings].registration_scopes
    known: Mapping[str, str] = server.scopes.catalogue(request)
    asked = full["scope"].split() if "scope" in full else allowed
    left = [name for name in asked if name in known and name in (allowed or known)]
    if left:
        full["scope"] = " ".join(dict.fromkeys(left))
    elif asked:
        raise FieldErrors({"scope": ["has none that this server gives"]})


def _settled(server: Any, application: Any) -> Settled:
    secret = settle_secret(server, application)
    lifetime = server.settings[RegistrationSettings].registration_secret_lifetime
    if secret is not None:
        application.client_secret_expires_at = (
            now() + timedelta(seconds=lifetime) if lifetime else None
        )
    validate_application(server, application)
    return application, secret


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ApprovedState:
    """What a client was when people allowed it something.

    `sector` is within what its subjects are the same; None where they are public.
    """

    redirect_uris: frozenset[str]
    sector: str | None

    @classmethod
    def of(cls, application: Any) -> ApprovedState:
        """The client as it is now."""
        pairwise = application.declared("subject_type") == "pairwise"
        return cls(
            redirect_uris=frozenset(application.redirect_uris.split()),
            sector=sector(application) if pairwise else None,
        )


def revoke_approvals(
    server: Server, session: Any, application: Any, before: ApprovedState
) -> None:
    """Undo what was allowed to the client that `application` was `before`.

    Who holds a registration access token may name a redirect URI of his own: whatever
    goes there, people are asked anew. And under another sector the old grants would
    tell a client what its users are called elsewhere.
    """
    after, client_id = ApprovedState.of(application), application.client_id
    if after.redirect_uris - before.redirect_uris:
        forgotten = server.repositories.consents.forget(session, client_id)
        if forgotten:
            log.warning(
                "client %r has new redirect URIs: %s consents are forgotten",
                client_id,
                forgotten,
            )
    if after.sector != before.sector:
        ended = server.repositories.grants.end_all(session, client_id, now())
        log.warning(
            "client %r has other subjects now: %s grants are over", client_id, ended
        )
