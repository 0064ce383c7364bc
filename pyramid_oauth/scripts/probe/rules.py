"""Rules and findings of the probes: a rule is a function that yields problems.

A hostile server chooses what the rules quote, so that findings have no character that
a terminal obeys, and there are few of each rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from pyramid_oauth.settings.checks import Finding, Severity

Subject = TypeVar("Subject")

Examine = Callable[[Subject], Iterator[str]]
"""Yields the text of each problem of the subject."""

_LONGEST_QUOTE = 160

_MOST_FINDINGS = 20
"""Findings of one rule; a document can have thousands of wrong members."""

_SETTING = re.compile(r"pyramid_oauth\.\w+")


@dataclass(frozen=True)
class ProbeFinding(Finding):
    """One problem that was seen from outside.

    Attributes:
        cure: What to do, with the name of our setting.
    """

    cure: str = ""


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """A rule with its stable number, and what its findings have in common."""

    number: str
    severity: Severity
    spec: str
    cure: str
    examine: Examine[Subject]

    @property
    def title(self) -> str:
        """The rule in one sentence: the first line of its docstring."""
        return (self.examine.__doc__ or "").strip().partition("\n")[0]

    @property
    def setting(self) -> str:
        """The first setting of ours that the cure names; "" if it names none."""
        found = _SETTING.search(self.cure)
        return found[0] if found else ""

    def findings(self, subject: Subject) -> Iterator[ProbeFinding]:
        """Yield the findings of this rule about `subject`."""
        for text in islice(self.examine(subject), _MOST_FINDINGS):
            yield ProbeFinding(
                self.number,
                _printable(text),
                self.severity,
                self.spec,
                self.setting,
                self.cure,
            )


class RuleSet(Generic[Subject]):
    """The rules about one kind of subject, in the order of their definition."""

    def __init__(self) -> None:
        self.rules: list[Rule[Subject]] = []

    def rule(
        self, number: str, severity: Severity, spec: str, cure: str
    ) -> Callable[[Examine[Subject]], Examine[Subject]]:
        """Return a decorator that adds a function as a rule."""

        def add(examine: Examine[Subject]) -> Examine[Subject]:
            self.rules.append(Rule(number, severity, spec, cure, examine))
            return examine

        return add

    def findings(self, subject: Subject) -> Iterator[ProbeFinding]:
        """Yield the findings of all rules about `subject`."""
        for rule in self.rules:
            yield from rule.findings(subject)


def quote(value: object) -> str:
    """Return what the deployment sent, safe for a terminal and not too long."""
    text = ascii(value)
    if len(text) > _LONGEST_QUOTE:
        return f"{text[:_LONGEST_QUOTE]}…"
    return text


def member(name: str) -> str:
    """Return the name of a member that the deployment chose, quoted if it is odd."""
    is_usual = name.isascii() and name.isidentifier() and len(name) <= _LONGEST_QUOTE
    return name if is_usual else quote(name)


def _printable(text: str) -> str:
    """Return `text` with escapes for control and format characters."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def words(value: object) -> list[str]:
    """Return the strings of a list that a document has; others are left out."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, str)]
