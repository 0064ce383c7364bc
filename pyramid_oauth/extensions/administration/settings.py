"""Settings of the pages of administration."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity


@dataclass(frozen=True, kw_only=True)
class AdministrationSettings(Section):
    """Who else may open the pages of administration, and how fresh a login must be."""

    auditors: tuple[str, ...] = setting(
        to.words,
        (),
        "Principals of your security policy that may see the pages of administration "
        "and change nothing; those of `administrators` may both.",
    )
    administration_login_age: int = setting(
        to.seconds,
        15 * 60,
        "Seconds after a login in which an administrator may end, drop or retire "
        "something; then a new login is asked for. 0 never asks, and neither does a "
        "host whose accounts adapter gives no `auth_time`.",
    )


def has_principals(settings: Settings) -> bool:
    """Whether the settings name somebody who may open the pages."""
    section = settings[AdministrationSettings]
    return bool(settings.administrators or section.auditors)


CHECKS = (
    Check(
        "W170",
        "administrators",
        lambda server: not has_principals(server.settings),
        "names no principal: nobody can open the pages of administration",
        severity=Severity.NOTICE,
        section=Server,
    ),
)
