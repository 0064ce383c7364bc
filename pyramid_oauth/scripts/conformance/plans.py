"""The certification plans of the conformance suite, and what each is to be run with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

STATIC = "static"
DYNAMIC = "dynamic"


@dataclass(frozen=True)
class Plan:
    """One certification plan.

    `clients` names the prepared clients of its static variant (none: the plan has no
    such variant), `variants` is what is chosen at its start; a response type that the
    plan leaves open is `{response_type}` there.
    """

    name: str
    title: str
    clients: str | None
    variants: str

    @property
    def identifier(self) -> str:
        """The plan's name in the suite."""
        return f"oidcc-{self.name}-certification-test-plan"

    @property
    def registrations(self) -> tuple[str, ...]:
        """The ways in which clients come to be in this plan."""
        return (DYNAMIC,) if self.clients is None else (STATIC, DYNAMIC)

    def runs(self, registration: str, response_types: tuple[str, ...]) -> Iterator[str]:
        """What `run-test-plan.py` of the suite calls each run of the plan."""
        several = response_types if "{response_type}" in self.variants else ("",)
        for response_type in several:
            chosen = self.variants.format(
                registration=f"{registration}_client", response_type=response_type
            )
            yield shlex.quote(f"{self.identifier}{chosen}")


_FLOW = "[server_metadata=discovery][client_registration={registration}]"
_LOGOUT = "[client_registration={registration}][response_type={response_type}]"
_TYPE = "[response_type={response_type}]"

PLANS = (
    Plan("basic", "Basic OP", "main", _FLOW),
    Plan("implicit", "Implicit OP", "main", _FLOW),
    Plan("hybrid", "Hybrid OP", "main", _FLOW),
    Plan("formpost-basic", "Form Post OP, code", "main", _FLOW),
    Plan("formpost-implicit", "Form Post OP, implicit", "main", _FLOW),
    Plan("formpost-hybrid", "Form Post OP, hybrid", "main", _FLOW),
    Plan("config", "Config OP", None, ""),
    Plan("dynamic", "Dynamic OP", None, _TYPE),
    Plan("3rdparty-init-login", "3rd Party-Initiated Login OP", None, _TYPE),
    Plan("rp-initiated-logout", "RP-Initiated Logout OP", "logout", _LOGOUT),
    Plan("session-management", "Session Management OP", "logout", _LOGOUT),
    Plan(
        "frontchannel-rp-initiated-logout", "Front-Channel OP", "frontchannel", _LOGOUT
    ),
    Plan("backchannel-rp-initiated-logout", "Back-Channel OP", "backchannel", _LOGOUT),
)
