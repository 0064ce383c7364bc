"""A rule of a profile: what it demands of one setting; what weakens it is a finding.

No specification; `pyramid_oauth.settings.profile_rules` has the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import Settings
from pyramid_oauth.settings.checks import Check, Severity


@dataclass(frozen=True)
class ProfileRule:
    """What profiles demand of one setting.

    Attributes:
        number: The stable number of the finding.
        setting: The name of the setting, without prefix.
        is_kept: Whether a value of the setting keeps the rule.
        demand: What the value must be, for the end of a sentence.
        specs: The section that demands it, by profile.
        extension: The extension of the setting, if the profile needs it.
    """

    number: str
    setting: str
    is_kept: Callable[[Any], bool]
    demand: str
    specs: Mapping[str, str]
    extension: str = ""

    @property
    def severity(self) -> Severity:
        """Of a number with `E`, `check` fails."""
        return Severity.ERROR if self.number.startswith("E") else Severity.WARNING

    def is_broken(self, settings: Settings) -> bool | str:
        """Whether the setting breaks the rule; text names an extension that lacks."""
        try:
            value = settings.find_value(self.setting)
        except KeyError:
            return self.extension
        return not self.is_kept(value)

    def details(self, settings: Settings, profile: str) -> Iterator[str]:
        """Yield the profile with its section if the setting weakens it."""
        broken = profile in self.specs and self.is_broken(settings)
        if broken:
            lacks = (
                f"; the extension {broken} is left out" if broken is not True else ""
            )
            yield f"{profile} ({self.specs[profile]}{lacks})"

    def check(self, profile: str | None = None) -> Check:
        """Return the check of the settings, by default for the profile they name."""
        return Check(
            self.number,
            self.setting,
            lambda settings: self.details(settings, profile or settings.profile),
            f"weakens the profile {{}}: it must be {self.demand}",
            severity=self.severity,
            section=Settings,
        )


def equals(value: object) -> Callable[[Any], bool]:
    """Whether the value is this one."""
    return lambda found: bool(found == value)


def is_within(least: int, most: int) -> Callable[[Any], bool]:
    """Whether a number of seconds is between both; a callable of the host may be."""
    return lambda found: callable(found) or least <= found <= most


def has_none_of(*names: str) -> Callable[[Any], bool]:
    """Whether none of the words is in a list, nor in one of its values."""
    return lambda found: set(names).isdisjoint(
        word for value in found for word in value.split()
    )


def has_only(*names: str) -> Callable[[Any], bool]:
    """Whether a list has nothing else."""
    return lambda found: set(found) <= set(names)


def includes(extension: str) -> Callable[[Any], bool]:
    """Whether an extension that is included by default is not left out."""
    names = {"default", extension, f"pyramid_oauth.extensions.{extension}"}
    return lambda found: found is None or not names.isdisjoint(found)


def signs_only_with(*names: str) -> Callable[[Any], bool]:
    """Whether nothing else is in a list that has key management algorithms, too."""
    return lambda found: all(
        name in names or name.startswith(("RSA-OAEP", "ECDH-ES")) for name in found
    )
