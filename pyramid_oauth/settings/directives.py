"""The directives of settings: sections and checks.

They stand apart from `pyramid_oauth.config`, since a resource server alone has both.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pyramid.registry import Registry

from pyramid_oauth.settings import SETTINGS, Section, Settings
from pyramid_oauth.settings.checks import CHECKS, Check, Checks
from pyramid_oauth.settings.server import ServerSettings

S = TypeVar("S", bound=Section)

RUN_CHECKS = ("oauth checks", "run")

LATE = 9
"""When every section and check is known, before the server is built."""


def add_oauth_settings(config: Any, section: type[S]) -> S:
    """Add a settings section; its rows are parsed now and returned.

    Unknown names are refused when the configuration is complete, over all sections.

    Args:
        section: A subclass of `pyramid_oauth.settings.Section`, or its dotted name.

    Returns:
        The parsed section, which is also `request.oauth.settings[section]`.

    Raises:
        ConfigurationError: A value is malformed, or another section has the name.
    """
    section = config.maybe_dotted(section)
    settings: Settings = config.registry[SETTINGS]
    if section in settings:
        return settings[section]
    parsed = settings.add(section)
    config.registry[CHECKS].subjects[section] = parsed
    for name, row in section.rows().items():
        shown = config.introspectable("oauth settings", name, row.setting, "OAuth")
        shown["value"] = "***" if row.is_secret else getattr(parsed, name)
        config.action(("oauth settings", name), introspectables=(shown,))
    return parsed


def add_oauth_check(config: Any, *checks: Check) -> None:
    """Add checks that start-up and `pyramid-oauth check` ask.

    A check of the same number is replaced: a host may judge otherwise.

    Args:
        checks: See `pyramid_oauth.settings.checks.Check`.
    """
    table: Checks = config.registry[CHECKS]

    def adding(check: Check) -> None:
        shown = config.introspectable("oauth checks", check.number, check.text, "OAuth")
        shown["value"] = check
        config.action(
            ("oauth checks", check.number),
            lambda: table.add(check),
            introspectables=(shown,),
        )

    for check in checks:
        adding(check)


def includeme(config: Any) -> None:
    """Parse the kernel's section; refuse unknown names and what is fatal, late."""
    settings = config.registry[SETTINGS] = Settings.parse(config.registry.settings)
    checks = config.registry[CHECKS] = Checks()
    checks.subjects |= {Settings: settings, ServerSettings: settings}
    checks.subjects[Registry] = config.registry
    config.add_directive("add_oauth_settings", add_oauth_settings)
    config.add_directive("add_oauth_check", add_oauth_check)
    config.action(
        ("oauth settings", "complete"), settings.refuse_unknown, order=LATE - 1
    )
    config.action(RUN_CHECKS, checks.run, order=LATE)
