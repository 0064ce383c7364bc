"""Settings of access tokens: what they are, and where they may be presented.

RFC 6749 section 1.4, RFC 6750 section 2, RFC 9700 section 2.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.section import Section, setting


@dataclass(frozen=True, kw_only=True)
class AccessTokenSettings(Section):
    """The rows of `ServerSettings` about access tokens."""

    access_token_format: str = setting(
        str,
        "opaque",
        "The format of access tokens; an attribute of the application with this name "
        "takes precedence, and a token step over both. `opaque` tokens are random and "
        "stored as a digest.",
    )
    require_sender_constrained_tokens: bool = setting(
        to.boolean,
        False,
        "Issue no access token to anybody that is not bound to a key or certificate "
        "of its client (RFC 9700 section 2.2.1), whichever grant it is for. Needs an "
        "extension that binds tokens, such as `dpop` or `mtls`.",
    )
    access_token_in_body: bool = setting(
        to.boolean,
        False,
        "Accept a bearer token in a form body (RFC 6750 section 2.2).",
    )
    access_token_in_query: bool = setting(
        to.boolean,
        False,
        "Accept a bearer token in the query (RFC 6750 section 2.3, forbidden by "
        "RFC 9700 section 4.3.2).",
    )
