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
        "Refuse a fetched request object if the fragment of the `request_uri` is the "
        "hash of other content. Off, such a fragment only causes a new fetch, as Core "
        "section 6.2 requires.",
    )
    unsigned_request_objects: bool = setting(
        to.boolean,
        False,
        "Let a client register `none` for its request objects, which anybody can then "
        "make (RFC 9101 section 10.8 forbids it).",
    )
    undeclared_request_objects_unsigned: bool = setting(
        to.boolean,
        False,
        "With `unsigned_request_objects`: accept them also from clients that "
        "registered no algorithm (OpenID Connect Registration section 2).",
    )


CHECKS = (
    warning(
        "W120",
        "unsigned_request_objects",
        is_set_to("unsigned_request_objects", True),
        "accepts request objects that anybody can make (RFC 9101 section 10.8)",
        RequestObjectSettings,
    ),
    warning(
        "W121",
        "undeclared_request_objects_unsigned",
        is_set_to("undeclared_request_objects_unsigned", True),
        "accepts unsigned request objects of clients that did not register `none`",
        RequestObjectSettings,
    ),
    warning(
        "W122",
        "request_uri_hash_binding",
        is_set_to("request_uri_hash_binding", False),
        "= false accepts request objects whose hash differs from that in their URI",
        RequestObjectSettings,
    ),
)
