"""The notice on login and consent pages that nobody verified the client."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import REGISTRATION

TEMPLATE = "pyramid_oauth:extensions/registration/templates/unchecked_client.oauth"


class UncheckedClientNotice(ConsentSource):
    """A notice for clients that registered themselves while everybody may."""

    def client_notices(self, client: AbstractApplication) -> Sequence[str]:
        """Return the template of the notice if the client registered itself."""
        return [TEMPLATE] if client.source == REGISTRATION else []
