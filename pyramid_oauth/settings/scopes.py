"""Settings of scopes (RFC 6749 section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.section import Section, setting

KINDS = (
    "identity",
    "profile",
    "email",
    "address",
    "phone",
    "offline",
    "read",
    "write",
    "delete",
    "manage",
    "payment",
    "other",
)
"""What a scope is about; each kind has an icon on the consent page."""

RISKS = ("high", "medium", "low")
"""How much harm the abuse of a scope does; the consent page begins with the highest."""


@dataclass(frozen=True, kw_only=True)
class ScopeSettings(Section):
    """The scopes of the server, and what the consent page tells of them."""

    scopes: Mapping[str, str] = setting(
        to.table,
        {},
        "The scopes of this server, one `name = description` a line; the consent page "
        "shows the description. An OpenID Provider has `openid`, `profile`, `email`, "
        "`address`, `phone` and (with refresh tokens) `offline_access` in addition.",
    )
    default_scopes: tuple[str, ...] = setting(
        to.words,
        (),
        "Scopes of a request without `scope`, if the application has no default of its "
        "own; without any default such a request is refused.",
    )
    optional_scopes: tuple[str, ...] = setting(
        to.words, (), "Scopes that the resource owner can deselect on the consent page."
    )
    scope_kinds: Mapping[str, str] = setting(
        to.table_of(*KINDS),
        {},
        "What scopes are about, one `name = kind` a line, for their icon on the "
        "consent page: " + ", ".join(f"`{kind}`" for kind in KINDS) + ".",
    )
    scope_risks: Mapping[str, str] = setting(
        to.table_of(*RISKS),
        {},
        "How much harm the abuse of a scope does, one `name = risk` a line: `high`, "
        "`medium` (the default) or `low`. The consent page begins with the highest.",
    )
    scope_provider: Any = setting(
        to.optional_dotted,
        None,
        "A `ScopeProvider` (or its dotted name), which decides which scopes an "
        "application may have; the default uses `scopes` and the application.",
    )
