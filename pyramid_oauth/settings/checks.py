"""Checks: what is wrong with a configuration, or weakens it, as one table.

The kernel and the extensions add theirs by `config.add_oauth_check`. Start-up and
`pyramid-oauth check` ask the same table.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings.section import PREFIX

CHECKS = "pyramid_oauth.checks"


class Severity(StrEnum):
    """What follows from a finding."""

    FATAL = "fatal"
    """The server does not start."""
    ERROR = "error"
    """Start-up warns, and `pyramid-oauth check` fails."""
    WARNING = "warning"
    """Start-up warns, and `pyramid-oauth check` lists it."""
    NOTICE = "notice"
    """Only `pyramid-oauth check` lists it."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its stable number."""

    number: str
    text: str
    severity: Severity = Severity.WARNING

    @property
    def is_error(self) -> bool:
        """Whether the server must not go live like this."""
        return self.severity in (Severity.FATAL, Severity.ERROR)

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


@dataclass(frozen=True)
class Check:
    """A question to the configuration.

    Attributes:
        number: Its stable number: `E…` where the server must not go live, else `W…`.
        setting: The setting at fault, without prefix; "" where there is none.
        holds: Given the object that `section` names, whether something is wrong; or
            the details of it, one finding each, which replace `{}` in `text`.
        text: What is wrong, and what to do: the end of a sentence that begins with
            the name of the setting.
        severity: What follows.
        section: What `holds` is given: a settings section, `Settings` where it
            compares several, `Server` once it is built, or Pyramid's `Registry`.
    """

    number: str
    setting: str
    holds: Callable[[Any], bool | Iterable[str]]
    text: str
    severity: Severity = field(kw_only=True)
    section: type[Any] = field(kw_only=True)

    def findings(self, subject: Any) -> Iterator[Finding]:
        """The findings in `subject`."""
        held = self.holds(subject)
        if isinstance(held, bool):
            held = ("",) if held else ()
        name = f"{PREFIX}{self.setting}" if self.setting else ""
        for detail in held:
            text = self.text.replace("{}", detail)
            between = "" if not name or text.startswith(":") else " "
            yield Finding(self.number, f"{name}{between}{text}", self.severity)


class Checks:
    """The checks of one application, and the objects that they look at."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._done: set[str] = set()
        self.subjects: dict[type[Any], Any] = {}

    def add(self, check: Check) -> None:
        """Add `check`; one of the same number is replaced."""
        self._checks[check.number] = check

    def findings(self) -> Iterator[Finding]:
        """The findings of every check whose object is there, by number."""
        for number in sorted(self._checks):
            yield from self._found(self._checks[number])

    def _found(self, check: Check) -> Iterator[Finding]:
        if check.section in self.subjects:
            yield from check.findings(self.subjects[check.section])

    def run(self) -> None:
        """Ask the checks that were not yet asked; warn of what weakens the server.

        Raises:
            ConfigurationError: Something fatal was found; it says all of it at once.
        """
        found = list(self._new_findings())
        fatal = [item.text for item in found if item.severity is Severity.FATAL]
        if fatal:
            raise ConfigurationError("\n".join(fatal))
        for item in found:
            if item.severity is not Severity.NOTICE:
                warnings.warn(item.text, InsecureSettingWarning, stacklevel=1)

    def _new_findings(self) -> Iterator[Finding]:
        for number, check in sorted(self._checks.items()):
            if number not in self._done and check.section in self.subjects:
                self._done.add(number)
                yield from check.findings(self.subjects[check.section])
