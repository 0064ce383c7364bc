"""The parameters of the authorization endpoint (RFC 6749 section 4.1.1).

Beside them those that the kernel itself reads: `response_mode` (OAuth 2.0 Multiple
Response Type Encoding Practices), `prompt`, which its pages make use of, and
`approval_prompt`. `request` and `request_uri` (RFC 9101) are refused where no extension
takes them: what is outside of a request object is not what its client has signed.
`oauth_again` is a field of a page of ours.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.endpoints.authorize.context import NAME
from pyramid_oauth.pages.cross_site_post import AGAIN

PARAMETERS = (
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "response_mode",
    "prompt",
    "approval_prompt",
    "request",
    "request_uri",
    AGAIN,
)


def includeme(config: Any) -> None:
    """Register the parameters."""
    for name in PARAMETERS:
        config.add_oauth_parameter(name, endpoints=(NAME,))
