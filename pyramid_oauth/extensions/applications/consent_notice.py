"""The notice on login and consent pages that a user registered the client."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import OWNER

TEMPLATE = "pyramid_oauth:extensions/applications/templates/owners_client.oauth"


class OwnersClientNotice(ConsentSource):
    """A notice for clients that users registered on the page."""

    def client_notices(self, client: AbstractApplication) -> Sequence[str]:
        """Return the template of the notice if the owner registered the client."""
        return [TEMPLATE] if client.source == OWNER else []
