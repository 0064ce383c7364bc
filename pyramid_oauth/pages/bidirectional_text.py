"""Text direction of the pages, and isolation of names and texts from elsewhere.

Unicode Standard Annex 9 section 6.3. It has the template filters for both.
"""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment
from jinja2.ext import Extension
from markupsafe import Markup

RIGHT_TO_LEFT_SCRIPTS = frozenset(
    {"adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"}
)

RIGHT_TO_LEFT_LANGUAGES = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji"}
    | {"ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
"""Languages that are written from right to left, unless their tag names a script."""


isolated = Markup("<bdi>%s</bdi>").__mod__
"""Return the name or text of a client, user or host as an element of its own."""

isolated_host = Markup('<bdi dir="ltr">%s</bdi>').__mod__
"""Return a host name or identifier, which is read from left to right."""

isolated_plain = "\u2068{}\u2069".format
"""Return text between isolating characters, for where no element may be."""


@lru_cache(maxsize=64)
def direction(language: str) -> str:
    """Return the value of `dir` for a language tag (RFC 5646)."""
    primary, *rest = language.lower().split("-")
    if rest and len(rest[0]) == 4:
        return "rtl" if rest[0] in RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if primary in RIGHT_TO_LEFT_LANGUAGES else "ltr"


class BidirectionalText(Extension):
    """Adds the functions to the environment of a renderer."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters.update(
            isolated=isolated,
            isolated_host=isolated_host,
            isolated_plain=isolated_plain,
            direction=direction,
        )
