"""Builders of checks, for the kernel and for extensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.server import ServerSettings

HOUR, DAY = 3600, 86400

SECRET_HELP = (
    "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one; keep it "
    "out of the ini with file:PATH or env:NAME"
)


def is_set_to(name: str, value: Any) -> Callable[[Any], bool]:
    """For `Check.holds`: the row `name` has this value."""
    return lambda section: getattr(section, name) == value


def is_longer_than(name: str, seconds: int) -> Callable[[Any], bool]:
    """For `Check.holds`: the lifetime `name` is a number over `seconds`."""

    def holds(section: Any) -> bool:
        value = getattr(section, name)
        return isinstance(value, int) and value > seconds

    return holds


def fatal(
    number: str,
    setting: str,
    holds: Callable[[Any], Any],
    text: str,
    section: type[Any] = ServerSettings,
) -> Check:
    """Return a check that stops the start where `holds` answers."""
    return Check(number, setting, holds, text, severity=Severity.FATAL, section=section)


def warning(
    number: str,
    setting: str,
    holds: Callable[[Any], Any],
    text: str,
    section: type[Any] = ServerSettings,
) -> Check:
    """Return a check that warns at start-up where `holds` answers."""
    return Check(
        number, setting, holds, text, severity=Severity.WARNING, section=section
    )
