"""Language tags of client metadata members (RFC 7591 section 2.2, BCP 47)."""

from __future__ import annotations

import re

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,7}\Z")
"""A BCP 47 language tag, such as `fr-CA`."""


def base_name(name: str) -> str:
    """Return `name` without its language tag, if it ends with a valid one (BCP 47)."""
    base, mark, tag = name.partition("#")
    return base if mark and LANGUAGE_TAG.match(tag) else name
