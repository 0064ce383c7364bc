"""The scripts that drive the floors.

The code flow's floor is two requests, as the flow itself (RFC 6749, 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.message import Request, Unit, expect


@dataclass(frozen=True)
class Fetch:
    """GET one resource, again and again; used for documents and floors."""

    name: str
    request: Request

    def unit(self, worker: int) -> Unit:
        """Fetch it once."""
        expect((yield self.request), 200)


@dataclass(frozen=True)
class FloorCode:
    """Two requests: one writes a grant, the next redeems it and signs, if told."""

    name: str
    algorithm: str = ""

    def unit(self, worker: int) -> Unit:
        """Follow the redirect once."""
        redirect = expect((yield Request("GET", "/authorize")), 303)
        location = redirect.header("location")
        path = location[location.index("/redeem/") :]
        path += f"?{self.algorithm}" if self.algorithm else ""
        expect((yield Request("GET", path)), 200)


def fetch(name: str, path: str) -> Fetch:
    """Return the flow that fetches a path of the floors."""
    return Fetch(name, Request("GET", path))


BARE = fetch("bare view", "/bare")
INSERT = fetch("floor: 1 INSERT", "/insert")
SELECT = fetch("floor: 1 SELECT", "/select")
SELECT_INSERT = fetch("floor: SELECT and INSERT", "/select_insert")
SELECTS = fetch("floor: 2 SELECTs", "/selects")
REFRESH = fetch("floor: refresh", "/refresh")
CODE = FloorCode("floor: code")
SIGNED = {
    algorithm: FloorCode(f"floor: code + {algorithm}", algorithm)
    for algorithm in ("RS256", "ES256", "EdDSA")
}
ALL = (BARE, SELECT, SELECTS, SELECT_INSERT, INSERT, REFRESH, CODE, *SIGNED.values())
