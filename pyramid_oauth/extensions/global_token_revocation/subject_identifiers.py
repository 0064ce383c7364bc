"""Subject identifiers of a revocation request (RFC 9493 section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.accounts import UnsupportedIdentifier
from pyramid_oauth.server import Server, ServerRequest

MEMBERS = {
    "account": ("uri",),
    "did": ("url",),
    "email": ("email",),
    "iss_sub": ("iss", "sub"),
    "jwt_id": ("iss", "jti"),
    "opaque": ("id",),
    "phone_number": ("phone_number",),
    "saml_assertion_id": ("issuer", "assertion_id"),
    "uri": ("uri",),
}
"""The members of each format beside `format`; they identify one subject."""

LONGEST = 1024
"""Characters of a member."""


def read_identifier(sub_id: object) -> dict[str, str]:
    """Return a well-formed identifier: `format`, and the members that it requires.

    Raises:
        InvalidRequestError: It is malformed, or of an unknown format.
    """
    if not isinstance(sub_id, dict):
        raise InvalidRequestError(description="sub_id must be an object.")
    kind = sub_id.get("format")
    if not isinstance(kind, str) or kind not in MEMBERS:
        raise InvalidRequestError(
            description=f"sub_id.format must be one of: {', '.join(MEMBERS)}."
        )
    return {"format": kind} | {
        name: _require_text(sub_id, name) for name in MEMBERS[kind]
    }


def _require_text(sub_id: Mapping[str, Any], name: str) -> str:
    value = sub_id.get(name)
    # PostgreSQL accepts no NUL, and no identifier has control characters.
    if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable():
        return value
    raise InvalidRequestError(description=f"sub_id.{name} must be a short text.")


def find_subject(
    request: ServerRequest, server: Server, identifier: Mapping[str, str]
) -> str | None:
    """Return the subject that the identifier names; None if there is none.

    An opaque identifier is the `sub` of this server.

    Raises:
        InvalidRequestError: The host does not know identifiers of this format.
    """
    if identifier["format"] == "iss_sub" and identifier["iss"] == server.issuer:
        identifier = {"format": "opaque", "id": identifier["sub"]}
    try:
        return server.accounts.find_subject(request, identifier)
    except UnsupportedIdentifier as error:
        raise InvalidRequestError(
            description=f"Identifiers of this {identifier['format']} are unsupported."
        ) from error
