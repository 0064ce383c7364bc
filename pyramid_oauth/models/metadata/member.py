"""One row of the table of client metadata members (RFC 7591 section 2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.models.redirection import Rules

Shape = Callable[[Any, Rules], str | None]
"""Why a JSON value cannot be that of the member, or None where it can."""

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,7}\Z")
"""A BCP 47 language tag, such as `fr-CA`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member: `read_by` says which part of the server acts on it.

    `column` names the column that keeps it; others live in `client_metadata` under
    their own name. `offered` is the member of the server's metadata that lists what
    may be asked for. `needs` is the setting without which the server does not know
    the member at all. `localized` ones may carry a language (`#fr`, section 2.2).
    """

    name: str
    shape: Shape
    read_by: str
    column: str | None = None
    offered: str | None = None
    needs: str | None = None
    localized: bool = False


def base_name(name: str) -> str:
    """The name without its language tag; as it is, where the tag is none (BCP 47)."""
    base, mark, tag = name.partition("#")
    return base if mark and LANGUAGE_TAG.match(tag) else name
