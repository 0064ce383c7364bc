"""Parameters of the authorization endpoint (RFC 6749 section 4.1.1).

The kernel also reads `response_mode` (OAuth 2.0 Multiple Response Type Encoding
Practices), `prompt` and `approval_prompt`. It refuses `request` and `request_uri` (RFC
9101) if no extension supports them, since their parameters would be ignored.
`oauth_again` is a field of a page of ours.
"""

from __future__ import annotations

from pyramid_oauth.endpoints.authorize.context import NAME
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.pages.cross_site_post import REPLAY_FIELD

PARAMETERS = (
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "response_mode",
    "prompt",
    "approval_prompt",
    "request_uri",
    REPLAY_FIELD,
)


def includeme(config: Configurator) -> None:
    """Register the parameters."""
    for name in PARAMETERS:
        config.add_oauth_parameter(name, endpoints=(NAME,))
    # Its claims may be confidential (RFC 9101 section 10.2), and proxies log URLs.
    config.add_oauth_parameter("request", endpoints=(NAME,), private=True)
