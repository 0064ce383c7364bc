"""What each flow may cost, and which floor it stands beside.

CPU seconds per 1,000 on a machine where the bare view costs BARE.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import floor_flows
from benchmarks.message import Flow

#: CPU of a bare view, by server, on the machine the goals were set on.
BARE = {"granian": 0.05, "gunicorn": 0.24}
#: A flow may cost this many times its floor.
RATIO = 1.5


@dataclass(frozen=True)
class Goal:
    """The floor of a flow and its absolute goal, if one is set."""

    floor: Flow
    cpu: float | None


GOALS = {
    "client_credentials": Goal(floor_flows.INSERT, 0.63),
    "introspection": Goal(floor_flows.SELECT, 0.6),
    "bearer check": Goal(floor_flows.SELECT, 0.45),
    "refresh": Goal(floor_flows.REFRESH, 1.06),
    "code + PKCE": Goal(floor_flows.CODE, 2.45),
    "PAR": Goal(floor_flows.INSERT, None),
    "DPoP bearer check": Goal(floor_flows.SELECT_INSERT, None),
    "DPoP code + PKCE": Goal(floor_flows.CODE, None),
    "discovery": Goal(floor_flows.BARE, 0.10),
    "JWKS": Goal(floor_flows.BARE, 0.10),
    "client_credentials, JWT": Goal(floor_flows.SELECT, None),
    "bearer check, JWT": Goal(floor_flows.BARE, None),
    "UserInfo": Goal(floor_flows.SELECTS, None),
    **{
        f"code + ID Token {algorithm}": Goal(floor, None)
        for algorithm, floor in floor_flows.SIGNED.items()
    },
}
