"""Authorization Server Issuer Identification (RFC 9207).

Every authorization response names its issuer, so that a client of several
authorization servers can detect a mix-up attack (RFC 9700 section 4.4).
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server
from pyramid_oauth.settings import SETTINGS


def metadata(server: Server) -> dict[str, Any]:
    """Return the member of section 3."""
    return {"authorization_response_iss_parameter_supported": True}


def includeme(config: Configurator) -> None:
    """Add the member `iss` to responses (section 2); say so in the metadata."""
    issuer = config.registry[SETTINGS].issuer or ""
    config.add_oauth_authorization_response("iss", {"iss": issuer})
    config.add_oauth_metadata("issuer_identification", metadata)
