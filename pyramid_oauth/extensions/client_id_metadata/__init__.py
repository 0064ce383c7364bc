"""OAuth Client ID Metadata Document (draft-ietf-oauth-client-id-metadata-document-01).

A client that nobody registered has the URL of its metadata (RFC 7591 section 2) as
`client_id`. The server fetches that document when a request names it.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.client_id_metadata.consent_notice import ClientHostNotice
from pyramid_oauth.extensions.client_id_metadata.models import CLIENT_METADATA_DOCUMENT
from pyramid_oauth.extensions.client_id_metadata.repository import ClientDocuments
from pyramid_oauth.extensions.client_id_metadata.settings import (
    CHECKS,
    ClientIdMetadataSettings,
)
from pyramid_oauth.extensions.client_id_metadata.source import DocumentClients
from pyramid_oauth.extensions.client_id_metadata.unused_clients import UNUSED_CLIENTS
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server

SUPPORTED = "client_id_metadata_document_supported"


def metadata(server: Server) -> dict[str, Any]:
    """Return the member of section 5: documents are fetched."""
    return {SUPPORTED: True}


def includeme(config: Configurator) -> None:
    """Add the table and, if enabled, the source of clients and its notice."""
    settings = config.add_oauth_settings(ClientIdMetadataSettings)
    config.add_oauth_model(CLIENT_METADATA_DOCUMENT)
    config.add_oauth_repository("client_documents", ClientDocuments)
    config.add_oauth_purge_rule(UNUSED_CLIENTS)
    if not settings.client_id_metadata:
        return
    config.add_oauth_check(*CHECKS)
    config.include("pyramid_oauth.repositories.rate_limits")
    config.add_oauth_client_source("client_id_metadata", DocumentClients(settings))
    config.add_oauth_consent_source("client_id_metadata", ClientHostNotice())
    config.add_oauth_metadata("client_id_metadata", metadata)
