"""Options for the members of the client metadata that protect a client.

RFC 7591 section 2. A member exists only where its extension is on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pyramid_oauth.models.client_metadata_fields import ClientMetadataSchema

Command = Callable[..., None]

MEMBERS = {
    "tls-client-auth-subject-dn": "tls_client_auth_subject_dn",
    "tls-client-auth-san-dns": "tls_client_auth_san_dns",
    "tls-client-auth-san-uri": "tls_client_auth_san_uri",
    "tls-client-auth-san-ip": "tls_client_auth_san_ip",
    "tls-client-auth-san-email": "tls_client_auth_san_email",
    "certificate-bound-tokens": "tls_client_certificate_bound_access_tokens",
    "dpop-bound-tokens": "dpop_bound_access_tokens",
    "authorization-details-type": "authorization_details_types",
    "require-pushed-requests": "require_pushed_authorization_requests",
    "require-signed-requests": "require_signed_request_object",
}
"""The member of each option; `update --clear` removes it."""


def _text(option: str, meaning: str) -> Callable[[Command], Command]:
    return click.option(f"--{option}", MEMBERS[option], metavar="TEXT", help=meaning)


def _switch(option: str, meaning: str) -> Callable[[Command], Command]:
    switches = f"--{option}/--no-{option}"
    return click.option(switches, MEMBERS[option], default=None, help=meaning)


OPTIONS = (
    _text(
        "tls-client-auth-subject-dn",
        "The subject of its certificate (RFC 8705), such as CN=shop,O=Example.",
    ),
    _text("tls-client-auth-san-dns", "A DNS name in its certificate."),
    _text("tls-client-auth-san-uri", "A URI in its certificate."),
    _text("tls-client-auth-san-ip", "An IP address in its certificate."),
    _text("tls-client-auth-san-email", "An e-mail address in its certificate."),
    _switch(
        "certificate-bound-tokens",
        "Bind its tokens to its certificate (RFC 8705).",
    ),
    _switch("dpop-bound-tokens", "Bind its tokens to a key (RFC 9449)."),
    click.option(
        "--authorization-details-type",
        "authorization_details_types",
        multiple=True,
        metavar="TYPE",
        help="A type of authorization details that it may request (RFC 9396); "
        "default: all. Repeatable.",
    ),
    _switch(
        "require-pushed-requests",
        "Every authorization request must be pushed (RFC 9126).",
    ),
    _switch(
        "require-signed-requests",
        "Every authorization request must be signed (RFC 9101).",
    ),
)


def pop_members(
    parameters: dict[str, Any], schema: ClientMetadataSchema
) -> dict[str, Any]:
    """Remove the parameters of `OPTIONS`; return the members that they set.

    A switch that is off removes its member, as None does.

    Raises:
        click.UsageError: The server does not have the member.
    """
    members: dict[str, Any] = {}
    for option, name in MEMBERS.items():
        value = parameters.pop(name, None)
        if value is None or value == ():
            continue
        require_member(option, schema)
        members[name] = list(value) if isinstance(value, tuple) else value or None
    return members


def require_member(option: str, schema: ClientMetadataSchema) -> None:
    """Raise click.UsageError unless the server has the member of `option`."""
    if schema.field(MEMBERS[option]) is None:
        raise click.UsageError(
            f"--{option}: this server does not know {MEMBERS[option]}; its extension "
            "is off"
        )
