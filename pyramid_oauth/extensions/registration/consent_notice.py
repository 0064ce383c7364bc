"""The consent page's warning about a client that nobody vouches for."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.models.application import REGISTRATION

TEMPLATE = "pyramid_oauth:extensions/registration/templates/unchecked_client.oauth"


class UncheckedClientNotice(ConsentSource):
    """Says so where anybody may register a client, and whoever did so did."""

    def notices(self, authorization: Authorization) -> Sequence[str]:
        """The warning, where the client has registered itself."""
        client = authorization.oauth.client
        return [TEMPLATE] if client.source == REGISTRATION else []
