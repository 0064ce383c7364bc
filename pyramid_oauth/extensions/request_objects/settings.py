"""Settings of request objects (RFC 9101, OpenID Connect Core section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.jose.algorithms import SIGNING
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import (
    fatal,
    is_set_to,
    unknown_words,
    warning,
)

OPENID, RFC9101 = "openid", "rfc9101"
"""The values of `request_object_rules`."""


@dataclass(frozen=True, kw_only=True)
class RequestObjectSettings(Section):
    """Which request objects are accepted."""

    request_objects: bool = setting(
        to.boolean,
        True,
        "Accept signed request objects in the `request` parameter (Core section 6.1, "
        "RFC 9101); with `openid`, `request_object_rules = rfc9101`, or if required.",
    )
    request_object_rules: str = setting(
        to.choice(OPENID, RFC9101),
        OPENID,
        "`openid`: by OpenID Connect Core section 6, parameters beside an object count "
        "too in requests whose scope has `openid`. `rfc9101`: only those of the object "
        "count, it is always signed, and `iss` and `aud` are required.",
    )
    require_typed_request_object: bool = setting(
        to.boolean,
        False,
        "Refuse request objects without the type `oauth-authz-req+jwt` in their header "
        "(RFC 9101 section 10.8).",
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
    request_object_signing_algorithms: tuple[str, ...] = setting(
        to.words,
        tuple(SIGNING),
        "Algorithms with which clients may sign request objects.",
    )
    require_signed_request_object: bool = setting(
        to.boolean,
        False,
        "Refuse authorization requests of every client without a signed request "
        "object, and read no parameter outside of it (RFC 9101 section 10.5); also "
        "without `openid`.",
    )
    request_object_max_lifetime: int = setting(
        to.seconds,
        0,
        "With a value, request objects must have `aud`, `nbf` and `exp`: no more than "
        "these seconds between both, and since `nbf` (FAPI 2.0 Message Signing "
        "section 5.3.1). 0 does not demand them.",
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

    @property
    def is_strict(self) -> bool:
        """Whether the rules are those of RFC 9101 for every request."""
        return self.request_object_rules == RFC9101


CHECKS = (
    fatal(
        "E061",
        "request_object_rules",
        lambda settings: settings.is_strict and settings.unsigned_request_objects,
        "= rfc9101 forbids unsigned_request_objects (RFC 9101 section 4)",
        RequestObjectSettings,
    ),
    fatal(
        "E029",
        "require_signed_request_object",
        lambda settings: (
            settings.require_signed_request_object and not settings.request_objects
        ),
        "= true requires pyramid_oauth.request_objects = true",
        RequestObjectSettings,
    ),
    fatal(
        "E028",
        "request_object_signing_algorithms",
        unknown_words("request_object_signing_algorithms", SIGNING),
        ": {}",
        RequestObjectSettings,
    ),
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
