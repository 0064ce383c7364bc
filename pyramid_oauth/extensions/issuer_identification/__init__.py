"""Authorization Server Issuer Identification (RFC 9207).

Every authorization response names its issuer, so that a client of several
authorization servers can detect a mix-up attack (RFC 9700 section 4.4).
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.server import Server


def add_issuer(authorization: Authorization) -> dict[str, str]:
    """Return the member `iss` of an authorization response (section 2)."""
    return {"iss": authorization.server.issuer}


def metadata(server: Server) -> dict[str, Any]:
    """Return the member of section 3."""
    return {"authorization_response_iss_parameter_supported": True}


def includeme(config: Any) -> None:
    """Add the member to responses, and its support to the metadata."""
    config.add_oauth_authorization_response("iss", add_issuer)
    config.add_oauth_metadata("issuer_identification", metadata)
