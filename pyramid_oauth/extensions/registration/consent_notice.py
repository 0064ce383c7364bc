"""The notice on the consent page that nobody verified the client."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.models.application import REGISTRATION

TEMPLATE = "pyramid_oauth:extensions/registration/templates/unchecked_client.oauth"


class UncheckedClientNotice(ConsentSource):
    """A notice for clients that registered themselves while everybody may."""

    def notices(self, authorization: Authorization) -> Sequence[str]:
        """Return the template of the notice if the client registered itself."""
        client = authorization.oauth.client
        return [TEMPLATE] if client.source == REGISTRATION else []
