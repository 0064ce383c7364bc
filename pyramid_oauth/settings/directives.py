"""Directives for settings sections and checks.

Pyramid's configuration. They are not in `pyramid_oauth.config`, because a resource
server without the authorization server has them too.
"""

from __future__ import annotations

from typing import TypeVar

from pyramid.registry import Registry

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings import SETTINGS, Section, Settings
from pyramid_oauth.settings.checks import CHECKS, Check, Checks
from pyramid_oauth.settings.directive_registration import add_directive
from pyramid_oauth.settings.server import ServerSettings

S = TypeVar("S", bound=Section)

RUN_CHECKS = ("oauth checks", "run")

LATE = 9
"""Action order after all sections and checks are registered, before the build."""


def add_oauth_settings(config: Configurator, section: type[S]) -> S:
    """Add a settings section and parse its rows at once.

    Unknown names are refused at the end of the configuration, over all sections.

    Args:
        section: A subclass of `pyramid_oauth.settings.Section`, or its dotted name.

    Returns:
        The parsed section, which is also `request.oauth.settings[section]`.

    Raises:
        ConfigurationError: A value is malformed, or another section has a row of the
            same name.
    """
    section = config.maybe_dotted(section)
    settings: Settings = config.registry[SETTINGS]
    if section in settings:
        return settings[section]
    parsed = settings.add(section)
    config.registry[CHECKS].subjects[section] = parsed
    for name, row in section.rows().items():
        introspectable = config.introspectable(
            "oauth settings", name, row.setting, "OAuth"
        )
        introspectable["value"] = "***" if row.is_secret else getattr(parsed, name)
        config.action(("oauth settings", name), introspectables=(introspectable,))
    return parsed


def add_oauth_check(config: Configurator, *checks: Check) -> None:
    """Add checks that run at start-up and in `pyramid-oauth check`.

    A check replaces one with the same number, so that a host can change ours.

    Args:
        checks: See `pyramid_oauth.settings.checks.Check`.
    """
    table: Checks = config.registry[CHECKS]

    def adding(check: Check) -> None:
        introspectable = config.introspectable(
            "oauth checks", check.number, check.text, "OAuth"
        )
        introspectable["value"] = check
        config.action(
            ("oauth checks", check.number),
            lambda: table.add(check),
            introspectables=(introspectable,),
        )

    for check in checks:
        adding(check)


def includeme(config: Configurator) -> None:
    """Parse the section of the kernel; add the late actions that check settings."""
    settings = config.registry[SETTINGS] = Settings.parse(config.registry.settings)
    checks = config.registry[CHECKS] = Checks()
    checks.subjects |= {Settings: settings, ServerSettings: settings}
    checks.subjects[Registry] = config.registry
    config.include("pyramid_oauth.settings.directive_registration")
    add_directive(config, add_oauth_settings)
    add_directive(config, add_oauth_check)
    config.action(
        ("oauth settings", "complete"), settings.refuse_unknown, order=LATE - 1
    )
    config.action(RUN_CHECKS, checks.run, order=LATE)
