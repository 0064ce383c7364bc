"""Constructors of checks for the kernel and extensions.

No specification; see `pyramid_oauth.settings.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.server import ServerSettings

HOUR, DAY = 3600, 86400

SECRET_HELP = (
    "generate one by python -c 'import secrets; print(secrets.token_urlsafe(48))' and "
    "keep it out of the ini file with file:PATH or env:NAME"
)


def is_set_to(name: str, value: object) -> Callable[[Any], bool]:
    """Return a function for `Check.holds`: the row `name` has this value."""
    return lambda section: getattr(section, name) == value


def is_longer_than(name: str, seconds: int) -> Callable[[Any], bool]:
    """Return a function for `Check.holds`: the lifetime `name` exceeds `seconds`."""

    def holds(section: object) -> bool:
        value = getattr(section, name)
        return isinstance(value, int) and value > seconds

    return holds


def unknown_words(name: str, known: Collection[str]) -> Callable[[Any], Iterator[str]]:
    """Return a function for `Check.holds`: words of the row `name` that are unknown."""

    def details(section: object) -> Iterator[str]:
        for word in getattr(section, name):
            if word not in known:
                yield f"{word!r} is unknown; there are {', '.join(known)}"

    return details


def fatal(
    number: str,
    setting: str,
    holds: Callable[[Any], Any],
    text: str,
    section: type[Any] = ServerSettings,
) -> Check:
    """Return a check that stops the start if `holds` finds a problem."""
    return Check(number, setting, holds, text, severity=Severity.FATAL, section=section)


def warning(
    number: str,
    setting: str,
    holds: Callable[[Any], Any],
    text: str,
    section: type[Any] = ServerSettings,
) -> Check:
    """Return a check that warns at start-up if `holds` finds a problem."""
    return Check(
        number, setting, holds, text, severity=Severity.WARNING, section=section
    )
