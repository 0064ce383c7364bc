"""Settings of request objects (RFC 9101, OpenID Connect Core section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import is_set_to, warning


@dataclass(frozen=True, kw_only=True)
class RequestObjectSettings(Section):
    """Which request objects are accepted."""

    request_objects: bool = setting(
        to.boolean,
        True,
        "Accept signed request objects in the `request` parameter (Core section 6.1, "
        "RFC 9101); with `openid` only.",
    )
    request_uris: bool = setting(
        to.boolean,
        False,
        "Accept request objects by reference (`request_uri`), from URIs which the "
        "client registered (Core section 6.2).",
    )
    request_uri_hash_binding: bool = setting(
        to.boolean,
        True,
        "Refuse what is fetched where the fragment of the `request_uri` is the hash of "
        "something else. Off, such a fragment only has it fetched anew, which is all "
        "that Core section 6.2 asks.",
    )
    unsigned_request_objects: bool = setting(
        to.boolean,
        False,
        "Let a client register `none` for its request objects: nobody vouches for "
        "what they say (RFC 9101 section 10.8 forbids it).",
    )
    undeclared_request_objects_unsigned: bool = setting(
        to.boolean,
        False,
        "With `unsigned_request_objects`: take them also from clients that registered "
        "no algorithm at all, as OpenID Registration section 2 has it.",
    )


CHECKS = (
    warning(
        "W120",
        "unsigned_request_objects",
        is_set_to("unsigned_request_objects", True),
        "believes requests that nobody vouches for (RFC 9101 section 10.8)",
        RequestObjectSettings,
    ),
    warning(
        "W121",
        "undeclared_request_objects_unsigned",
        is_set_to("undeclared_request_objects_unsigned", True),
        "believes unsigned requests of clients that never asked for it",
        RequestObjectSettings,
    ),
    warning(
        "W122",
        "request_uri_hash_binding",
        is_set_to("request_uri_hash_binding", False),
        "= false takes a request object of another hash than its URI says",
        RequestObjectSettings,
    ),
)
