"""The profiles: who needs them, the defaults that they set, and what they demand."""

from __future__ import annotations

from collections.abc import Iterator

from docs._ext.generated.markup import code, prose, section, table
from pyramid_oauth.settings import PREFIX
from pyramid_oauth.settings.profile_rule import ProfileRule
from pyramid_oauth.settings.profile_rules import rules_of
from pyramid_oauth.settings.profiles import PROFILES, Profile

CHOICE = ("Profile", "What it is", "Who needs it")
DEFAULTS = ("Setting", "Default under the profile")
RULES = ("Number", "Setting", "What it must be", "Demanded by")


def text() -> str:
    """A table to choose from, then a section for each profile."""
    rows = [
        (f"`{name}`_", prose(profile.meaning), prose(profile.choose))
        for name, profile in PROFILES.items()
    ]
    parts = [_profile(name, profile) for name, profile in PROFILES.items()]
    return "\n\n".join([table(CHOICE, rows, "16 50 34"), *parts])


def _profile(name: str, profile: Profile) -> str:
    rules = [_rule(rule, name) for rule in rules_of(name)]
    return section(name, *_told(profile), *_tables(profile, rules))


def _told(profile: Profile) -> Iterator[str]:
    yield prose(profile.meaning)
    if profile.extensions:
        included = ", ".join(code(name) for name in profile.extensions)
        yield f"It includes the extensions {included}, beside those of the default."


def _tables(profile: Profile, rules: list[tuple[str, ...]]) -> Iterator[str]:
    if profile.defaults:
        rows = [
            (code(PREFIX + name), code(_value(value)))
            for name, value in profile.defaults.items()
        ]
        yield table(DEFAULTS, rows, "50 50")
    if rules:
        yield "A setting of yours that breaks one of these is named at start-up:"
        yield table(RULES, rules, "10 32 34 24")


def _rule(rule: ProfileRule, profile: str) -> tuple[str, ...]:
    where = rule.specs[profile]
    return rule.number, code(rule.setting), prose(rule.demand), where


def _value(value: object) -> str:
    """What the ini file would have."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value)
