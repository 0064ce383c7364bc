"""How many processes and threads for the ready-made server: CPU, rates and memory.

``python -m benchmarks.layouts`` runs it in every layout, each beside a bare view.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from sqlalchemy import URL, create_engine

from benchmarks import floor_flows, floor_tables, report, wsgi
from benchmarks.compare import environment
from benchmarks.database import scratch
from benchmarks.instance import instance
from benchmarks.measure import Plan, Target, interleave
from benchmarks.prepare import prepare
from benchmarks.servers import Layout, serve
from benchmarks.stages import MEGABYTE, private_bytes
from benchmarks.wire import over_http

LAYOUTS = tuple(
    Layout("granian", *numbers)
    for numbers in ((1, 1), (2, 1), (1, 2), (2, 2), (1, 4), (2, 4))
)
FLOWS = (
    "client_credentials",
    "introspection",
    "bearer check",
    "refresh",
    "code + PKCE",
)


class Bench:
    """The servers of one measurement."""

    def __init__(self, stack: ExitStack, admin: str, connections: int) -> None:
        self.stack, self.admin, self.connections = stack, admin, connections
        self.databases: list[URL] = []
        self._floors = self._scratch()
        floor_tables.seed(create_engine(self._floors))

    def _scratch(self) -> URL:
        self.databases.append(self.stack.enter_context(scratch(self.admin)))
        return self.databases[-1]

    def start(self, layout: Layout) -> list[Target]:
        """Start a layout; return the bare view, then the flows of the server."""
        variables = environment(self._floors)
        floors = self.stack.enter_context(
            serve(layout, "benchmarks.wsgi:floors", variables)
        )
        made = self.stack.enter_context(instance(self._scratch()))
        ini = {wsgi.INI: made.ini}
        running = self.stack.enter_context(
            serve(layout, "benchmarks.wsgi:product", ini, made.address)
        )
        known = prepare(over_http(made.address), made.ini).flows(self.connections)
        flows = [each for each in known if each.name in FLOWS]
        bare = Target(str(layout), floor_flows.BARE, floors)
        return [bare, *(Target(str(layout), flow, running) for flow in flows)]


def main() -> None:
    """Measure every layout in one interleaved run and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    admin = "postgresql+psycopg://postgres@127.0.0.1/postgres"
    parser.add_argument("--admin", default=admin)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    plan = Plan(options.rounds, options.seconds, options.connections)
    with ExitStack() as stack:
        bench = Bench(stack, options.admin, options.connections)
        measured = [bench.start(layout) for layout in LAYOUTS]
        # A flow in one layout runs right before the same flow in the next.
        rows = [target for row in zip(*measured, strict=True) for target in row]
        interleave(rows, plan, bench.databases)
        memory = [megabytes(targets[-1].server.pids()) for targets in measured]
    print(report.facts("granian"))
    print("\n" + table(measured, memory))


def megabytes(processes: set[int]) -> float:
    """Return the memory that only these processes have."""
    return sum(private_bytes(each) for each in processes) / MEGABYTE


def table(measured: list[list[Target]], memory: list[float]) -> str:
    """Render CPU seconds per 1,000, × bare view and units per second by layout."""
    head = " | ".join(("layout", floor_flows.BARE.name, *FLOWS, "MB"))
    lines = [f"| {head} |", "|---|" + "---:|" * (len(FLOWS) + 2)]
    for targets, size in zip(measured, memory, strict=True):
        cells = [_cell(each, targets[0]) for each in targets]
        lines.append(f"| {targets[0].name} | {' | '.join(cells)} | {size:,.0f} |")
    return "\n".join(lines)


def _cell(target: Target, bare: Target) -> str:
    cost, rate = target.median("cpu"), target.median("rate")
    return f"{cost:.3f}, × {target.ratio(bare):.1f}, {rate:,.0f}/s"


if __name__ == "__main__":
    main()
