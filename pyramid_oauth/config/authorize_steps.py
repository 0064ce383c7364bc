"""The steps of the authorization endpoint: their phases, and their order in each.

RFC 6749 section 4.1.1. Built-in steps and those of a host are registered alike, by
`config.add_oauth_authorize_step`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pyramid_oauth.errors import ConfigurationError

Run = Callable[[Any], Any]
"""Takes the Authorization; returns a Response, which ends the request, or None."""


class Phase(StrEnum):
    """When a step runs.

    LOAD finds the parameters, wherever they are. VALIDATE checks them; neither needs a
    browser, so that a pushed request goes through both. INTERACT is about the person:
    log-in and consent. GRANT collects what the grant is to hold; then it is made.
    A request that was stored by INTERACT comes back to INTERACT.
    """

    LOAD = "load"
    VALIDATE = "validate"
    INTERACT = "interact"
    GRANT = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeStep:
    """A registered step; `before` and `after` name other steps of its phase."""

    name: str
    run: Run
    phase: Phase = Phase.VALIDATE
    before: str | None = None
    after: str | None = None


def order_steps(registered: Iterable[AuthorizeStep]) -> Mapping[Phase, tuple[Run, ...]]:
    """The functions of each phase, in their order.

    It is the order of registration, but for what `before` and `after` demand. A name
    that no step has is passed over: the extension that brings it may be left out.

    Raises:
        ConfigurationError: the steps demand contradictory orders.
    """
    steps = tuple(registered)
    return {
        phase: tuple(step.run for step in _Sorter(steps, phase).sorted())
        for phase in Phase
    }


class _Sorter:
    """Puts each step behind those that come before it, by walking back from it."""

    def __init__(self, steps: Iterable[AuthorizeStep], phase: Phase) -> None:
        self._steps = {step.name: step for step in steps if step.phase is phase}
        self._placed: dict[str, AuthorizeStep] = {}

    def sorted(self) -> Iterable[AuthorizeStep]:
        for step in self._steps.values():
            self._place(step, ())
        return self._placed.values()

    def _place(self, step: AuthorizeStep, behind: tuple[str, ...]) -> None:
        if step.name in behind:
            circle = ", ".join(behind[behind.index(step.name) :])
            raise ConfigurationError(
                f"these authorize steps name each other in `before` or `after`, so "
                f"that none can be the first: {circle}"
            )
        if step.name in self._placed:
            return
        for other in self._steps.values():
            if other.name == step.after or other.before == step.name:
                self._place(other, (*behind, step.name))
        self._placed[step.name] = step
