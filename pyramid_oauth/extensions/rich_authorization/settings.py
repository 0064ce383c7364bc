"""Settings of rich authorization requests: types, and limits of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to

MOST_BYTES = 5120
"""A JWT access token with so much is still shorter than header fields may be."""


@dataclass(frozen=True, kw_only=True)
class RichAuthorizationSettings(Section):
    """What requests may ask for in `authorization_details`."""

    authorization_details_types: Mapping[str, str] = setting(
        to.table,
        {},
        "Types of authorization details, as `type = schema` lines: the asset "
        "specification or the path of a JSON schema; a type alone has the common "
        "fields of RFC 9396 section 2.2. "
        "`config.add_oauth_authorization_details_type` says more about a type.",
    )

    authorization_details_size: int = setting(
        to.integer(256, MOST_BYTES),
        4096,
        "Maximum bytes of `authorization_details` in a request, as JSON in ASCII (RFC "
        "9396 section 11.4). Access tokens in JWT format contain them.",
    )
    authorization_details_number: int = setting(
        to.integer(1, 50), 10, "Maximum number of objects in `authorization_details`."
    )
    authorization_details_depth: int = setting(
        to.integer(1, 20),
        6,
        "Maximum depth of nested objects and arrays of an authorization detail.",
    )
