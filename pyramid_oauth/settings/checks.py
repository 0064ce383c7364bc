"""Checks of the configuration: one table of errors and insecure settings.

RFC 9700 for most warnings. The kernel and extensions add checks by
`config.add_oauth_check`. Start-up and `pyramid-oauth check` run the same table.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pyramid_oauth.configuration_errors import (
    ConfigurationError,
    InsecureSettingWarning,
)
from pyramid_oauth.settings.section import PREFIX

CHECKS = "pyramid_oauth.checks"

_SECTION = re.compile(r"\(((?:RFC|FAPI|OpenID|MCP|draft-)[^();]*)")


class Severity(StrEnum):
    """The consequence of a finding."""

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
    """One problem, with its stable number.

    Attributes:
        number: The number, which never changes its meaning.
        text: The problem and its remedy.
        severity: The consequence.
        spec: The section of the specification that demands otherwise, if one does.
        setting: The setting that cures it, if one does.
    """

    number: str
    text: str
    severity: Severity = Severity.WARNING
    spec: str = ""
    setting: str = ""

    @property
    def is_error(self) -> bool:
        """Whether a server with this finding must not go into production."""
        return self.severity in (Severity.FATAL, Severity.ERROR)

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


@dataclass(frozen=True)
class Check:
    """A check of the configuration.

    Attributes:
        number: The stable number: `E…` if the server must not go into production, else
            `W…`.
        setting: The name of the setting, without prefix; "" if there is none.
        holds: Called with the object of `section`. Returns whether there is a problem,
            or yields details, one finding each, which replace `{}` in `text`.
        text: The problem and its remedy: the end of a sentence that starts with the
            name of the setting.
        severity: The consequence.
        section: The class of the object for `holds`: a settings section, `Settings` to
            compare several, `Server`, or Pyramid's `Registry`.
    """

    number: str
    setting: str
    holds: Callable[[Any], bool | Iterable[str]]
    text: str
    severity: Severity = field(kw_only=True)
    section: type[Any] = field(kw_only=True)

    def findings(self, subject: object) -> Iterator[Finding]:
        """Yield the findings of this check in `subject`."""
        result = self.holds(subject)
        if isinstance(result, bool):
            result = ("",) if result else ()
        name = f"{PREFIX}{self.setting}" if self.setting else ""
        for detail in result:
            text = self.text.replace("{}", detail)
            between = "" if not name or text.startswith(":") else " "
            yield Finding(
                self.number,
                f"{name}{between}{text}",
                self.severity,
                _named_section(text),
                name,
            )


def _named_section(text: str) -> str:
    """Return the specification in parentheses that a text names; "" if none."""
    found = _SECTION.search(text)
    return found[1] if found else ""


class Checks:
    """The checks of one application and the objects that they examine."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._done: set[str] = set()
        self.subjects: dict[type[Any], Any] = {}

    def add(self, check: Check) -> None:
        """Add `check`; it replaces one with the same number."""
        self._checks[check.number] = check

    def findings(self) -> Iterator[Finding]:
        """Yield the findings of all checks whose object exists, ordered by number."""
        for number in sorted(self._checks):
            yield from self._found(self._checks[number])

    def _found(self, check: Check) -> Iterator[Finding]:
        if check.section in self.subjects:
            yield from check.findings(self.subjects[check.section])

    def run(self) -> None:
        """Run the checks that did not run yet, and warn of errors and weaknesses.

        Raises:
            ConfigurationError: There are fatal findings; the message has all of them.
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
