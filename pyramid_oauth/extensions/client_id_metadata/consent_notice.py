"""The notices on login and consent pages about clients with metadata documents.

Client ID Metadata Document draft 01, section 6.4: the consent page shows the host of
the `client_id`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.config.consent_sources import AnyAuthorization, ConsentSource
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import METADATA_DOCUMENT

FOLDER = "pyramid_oauth:extensions/client_id_metadata/templates"

ON_CONSENT_PAGE = f"{FOLDER}/client_host.oauth"

ON_LOGIN_PAGE = f"{FOLDER}/unchecked_client.oauth"


class ClientHostNotice(ConsentSource):
    """A notice for clients that are known by their metadata documents."""

    def notices(self, authorization: AnyAuthorization) -> Sequence[str]:
        """Return the template that shows the host of the client_id."""
        return [ON_CONSENT_PAGE] if _has_document(authorization.oauth.client) else []

    def client_notices(self, client: AbstractApplication) -> Sequence[str]:
        """Return the template of the notice for the login page."""
        return [ON_LOGIN_PAGE] if _has_document(client) else []


def _has_document(client: AbstractApplication) -> bool:
    return client.source == METADATA_DOCUMENT
