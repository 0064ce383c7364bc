"""The client source: adds and renews clients whose `client_id` is a URL.

Client ID Metadata Document draft 01, sections 4 and 6.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from pyramid_oauth import events
from pyramid_oauth.clients.drafts import ChangedMeanwhile
from pyramid_oauth.clients.sources import SourceRefusal
from pyramid_oauth.clock import now
from pyramid_oauth.config.services import build_fetcher
from pyramid_oauth.errors import FieldErrors, ServerBusy, safe_description
from pyramid_oauth.extensions.client_id_metadata.applications import (
    TooManyClients,
    add_application,
    build_application,
    renew_application,
)
from pyramid_oauth.extensions.client_id_metadata.client_urls import (
    UrlPatterns,
    is_client_url,
    is_local,
    parse_client_url,
)
from pyramid_oauth.extensions.client_id_metadata.documents import (
    DocumentUnavailable,
    MetadataDocument,
    fetch_document,
)
from pyramid_oauth.extensions.client_id_metadata.repository import KnownClient
from pyramid_oauth.extensions.client_id_metadata.settings import (
    ClientIdMetadataSettings,
)
from pyramid_oauth.fetch import Fetcher, Target
from pyramid_oauth.models.application import METADATA_DOCUMENT
from pyramid_oauth.repositories.rate_limits import limits_by_source
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings import Settings
from pyramid_oauth.throttling import METADATA_DOCUMENTS, too_many_requests

log = logging.getLogger(__name__)

WINDOW = 3600

MOST_REMEMBERED = 10_000
"""Clients of which a process remembers that nothing is to be fetched."""

REMEMBERED = timedelta(seconds=60)
"""For how long it remembers that. An administrator may have deleted the client."""

UNAVAILABLE = "The client metadata document could not be fetched."

NOT_ACCEPTED = "The client metadata document is not accepted here."


class NotAccepted(Exception):
    """A setting refuses the document; the text is for the log."""


class DocumentClients:
    """The source of clients with metadata documents.

    Args:
        settings: The settings of the extension.
    """

    def __init__(self, settings: ClientIdMetadataSettings) -> None:
        self._settings = settings
        self._allowed = UrlPatterns(settings.client_id_metadata_allowed)
        self._denied = UrlPatterns(settings.client_id_metadata_denied)
        self._with_localhost = settings.client_id_metadata_localhost
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._lock = Lock()
        self._fetchers: dict[bool, Fetcher] = {}

    def prepare(
        self,
        request: ServerRequest,
        session: Session,
        client_id: str,
        *,
        is_authorization: bool,
    ) -> SourceRefusal | None:
        """Fetch the document of the client, unless a fresh one was stored."""
        if not is_client_url(client_id, with_localhost=self._with_localhost):
            return None
        until = self._until.get(client_id)
        if until is not None and until > now():
            return None
        server: Server = request.oauth.server
        try:
            self._prepare(request, server, session, client_id, is_authorization)
        except FieldErrors as error:
            return _invalid(error)
        except DocumentUnavailable as error:
            return SourceRefusal(str(error), UNAVAILABLE)
        except TooManyClients:
            log.error("client_id_metadata_clients is reached: %.255r", client_id)
            return SourceRefusal("there are too many clients", NOT_ACCEPTED)
        except NotAccepted as error:
            return SourceRefusal(str(error), NOT_ACCEPTED)
        return None

    def _prepare(
        self,
        request: ServerRequest,
        server: Server,
        session: Session,
        client_id: str,
        is_authorization: bool,
    ) -> None:
        target = self._require_accepted(client_id)
        documents = server.repositories.client_documents
        known: KnownClient | None = documents.find(session, client_id)
        if known is not None and known.source != METADATA_DOCUMENT:
            # Section 6.10: an administrator has registered it.
            self._remember(client_id, now() + REMEMBERED)
        elif known is not None and known.expires_at and known.expires_at > now():
            self._remember(client_id, min(known.expires_at, now() + REMEMBERED))
        elif known is None:
            self._add(request, server, session, client_id, target)
        else:
            try:
                self._renew(request, server, session, client_id, target)
            except (DocumentUnavailable, ServerBusy) as error:
                if is_authorization or not self._may_be_stale(known, error):
                    raise

    def _require_accepted(self, client_id: str) -> Target:
        """Return the parts of the URL if a client may have it.

        Raises:
            NotAccepted: It may not.
        """
        target = parse_client_url(client_id, with_localhost=self._with_localhost)
        if target is None:
            raise NotAccepted("its URL is not one that a client may have")
        if self._denied.match(target, client_id):
            raise NotAccepted("client_id_metadata_denied has it")
        if self._allowed and not self._allowed.match(target, client_id):
            raise NotAccepted("client_id_metadata_allowed has it not")
        return target

    def _may_be_stale(
        self, known: KnownClient, error: DocumentUnavailable | ServerBusy
    ) -> bool:
        is_outage = isinstance(error, ServerBusy) or error.is_outage
        if not is_outage or known.expires_at is None:
            return False
        further = timedelta(seconds=self._settings.client_id_metadata_stale_age)
        return known.expires_at + further > now()

    def _add(
        self,
        request: ServerRequest,
        server: Server,
        session: Session,
        client_id: str,
        target: Target,
    ) -> None:
        self._count(request, server, session, client_id)
        document = self._fetch(request, server, client_id, target)
        application, _ = build_application(server, request, client_id, document)
        if add_application(server, session, application, document):
            event = events.ClientRegistered(
                request=request, client_id=client_id, source=METADATA_DOCUMENT
            )
            _send(event)

    def _renew(
        self,
        request: ServerRequest,
        server: Server,
        session: Session,
        client_id: str,
        target: Target,
    ) -> None:
        document = self._fetch(request, server, client_id, target)
        _, values = build_application(server, request, client_id, document)
        try:
            changed = renew_application(server, session, client_id, values, document)
        except ChangedMeanwhile:
            return  # another request has renewed it; a later one compares again
        if changed:
            _send(
                events.ClientUpdated(
                    request=request, client_id=client_id, fields=tuple(changed)
                )
            )

    def _fetch(
        self, request: ServerRequest, server: Server, client_id: str, target: Target
    ) -> MetadataDocument:
        settings, schema = self._settings, server.application_rules.schema
        fetcher = self._fetcher(server.settings, is_local=is_local(target))
        document = fetch_document(fetcher, client_id, settings, schema)
        policy = settings.client_id_metadata_policy
        if policy is not None and not policy(request, document.members):
            raise NotAccepted("client_id_metadata_policy refuses it")
        return document

    def _count(
        self, request: ServerRequest, server: Server, session: Session, client_id: str
    ) -> None:
        """Count the unknown document; raise TooManyRequests if there are too many."""
        most = self._settings.client_id_metadata_limit
        if not most:
            return
        limits = limits_by_source(request.remote_addr, most, METADATA_DOCUMENTS)
        wait = server.repositories.rate_limits.attempt(session, limits, WINDOW)
        if wait:
            raise too_many_requests(request, METADATA_DOCUMENTS, client_id, wait)

    def _remember(self, client_id: str, until: datetime) -> None:
        with self._lock:
            self._until[client_id] = until
            self._until.move_to_end(client_id)
            if len(self._until) > MOST_REMEMBERED:
                self._until.popitem(last=False)

    def _fetcher(self, settings: Settings, *, is_local: bool) -> Fetcher:
        """Return the fetcher of documents; the first call creates it.

        Only the one for URLs at loopback addresses connects to private addresses.
        """
        local = is_local and self._with_localhost
        fetcher = self._fetchers.get(local)
        if fetcher is None:
            own = self._settings
            limits: dict[str, Any] = {
                "max_bytes": own.client_id_metadata_bytes,
                "min_age": own.client_id_metadata_min_age,
                "max_age": own.client_id_metadata_max_age,
                "failure_backoff": own.client_id_metadata_failure_backoff,
            }
            if local:
                limits |= {"allow_http": True, "allow_private": True}
            fetcher = build_fetcher(settings, **limits)
            self._fetchers[local] = fetcher
        return fetcher


def _invalid(error: FieldErrors) -> SourceRefusal:
    """Return the refusal that lists each problem: the document is public."""
    problems = "; ".join(
        f"{name}: {problem}" if name else problem
        for name, several in error.errors.items()
        for problem in several
    )
    text = safe_description(f"The client metadata document is invalid: {problems}", 600)
    return SourceRefusal(text, text)


def _send(event: events.OAuthEvent) -> None:
    """Send an event about what is committed, whatever the request comes to."""
    if events.has_subscribers(event.request, type(event)):
        events.send(event)
