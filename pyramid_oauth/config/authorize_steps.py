"""Steps of the authorization endpoint, their phases, and their order in a phase.

RFC 6749 section 4.1.1. Ours and those of a host are registered in the same way, with
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

    LOAD finds the parameters and VALIDATE checks them; neither needs a browser, so that
    a pushed request goes through both. INTERACT handles login and consent. GRANT
    collects what the grant is to hold, which is made next. A request that INTERACT has
    stored is resumed at INTERACT.
    """

    LOAD = "load"
    VALIDATE = "validate"
    INTERACT = "interact"
    GRANT = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeStep:
    """A registered step; see `config.add_oauth_authorize_step`."""

    name: str
    run: Run
    phase: Phase = Phase.VALIDATE
    before: str | None = None
    after: str | None = None
    parameters: frozenset[str] = frozenset()
    scope: str | None = None


def order_steps(
    registered: Iterable[AuthorizeStep],
) -> Mapping[Phase, tuple[AuthorizeStep, ...]]:
    """Return the steps of each phase in their order.

    This is the order of registration, as far as `before` and `after` allow it. A name
    that no step has is ignored: its extension may be left out.

    Raises:
        ConfigurationError: the steps demand contradictory orders.
    """
    steps = tuple(registered)
    return {phase: tuple(_Sorter(steps, phase).sorted()) for phase in Phase}


class _Sorter:
    """Topological sort: a step is placed after those that have to come before it."""

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
                f"these authorize steps require each other in `before` or `after`, so "
                f"that none can be first: {circle}"
            )
        if step.name in self._placed:
            return
        for other in self._steps.values():
            if other.name == step.after or other.before == step.name:
                self._place(other, (*behind, step.name))
        self._placed[step.name] = step
