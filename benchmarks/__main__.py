"""Measure a host and the ready-made server beside a bare view, and print the tables.

One interleaved run on one WSGI server, with a scratch PostgreSQL database for each.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from sqlalchemy import URL, create_engine

from benchmarks import floor_flows, floor_tables, report, wsgi
from benchmarks.compare import environment
from benchmarks.database import scratch
from benchmarks.goals import BARE
from benchmarks.instance import PRODUCTS, Product, instance
from benchmarks.measure import Plan, Target, interleave
from benchmarks.prepare import prepare
from benchmarks.servers import Layout, Running, serve
from benchmarks.wire import over_http

FLOORS, PRODUCT = "benchmarks.wsgi:floors", "benchmarks.wsgi:product"
#: The other server whose bare view is measured, to compare machines.
OTHER = Layout("gunicorn", 2, 1)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    admin = "postgresql+psycopg://postgres@127.0.0.1/postgres"
    parser.add_argument("--admin", default=admin, help="a database to create from")
    parser.add_argument("--server", default="granian", help="granian, gunicorn, …")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one sample")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--flow", action="append", help="only this flow; repeatable")
    parser.add_argument("--floors-only", action="store_true")
    return parser.parse_args()


class Bench:
    """What runs during one measurement."""

    def __init__(self, stack: ExitStack, chosen: argparse.Namespace) -> None:
        self.stack = stack
        self.chosen = chosen
        self.layout = Layout(chosen.server, chosen.processes, chosen.threads)
        self.databases: list[URL] = []
        self.url = self._scratch()
        floor_tables.seed(create_engine(self.url))

    def _scratch(self) -> URL:
        made = self.stack.enter_context(scratch(self.chosen.admin))
        self.databases.append(made)
        return made

    def serve_floors(self, layout: Layout) -> Running:
        """Start the floors."""
        variables = environment(self.url)
        return self.stack.enter_context(serve(layout, FLOORS, variables))

    def floors(self) -> list[Target]:
        """Return the floors on the chosen server."""
        running = self.serve_floors(self.layout)
        return [Target(str(self.layout), flow, running) for flow in floor_flows.ALL]

    def other_bare(self) -> Target:
        """Return the bare view on the other server."""
        return Target(str(OTHER), floor_flows.BARE, self.serve_floors(OTHER))

    def flows(self, product: Product) -> list[Target]:
        """Start a product and return its flows."""
        made = self.stack.enter_context(instance(self._scratch(), product))
        variables = {wsgi.INI: made.ini}
        server = serve(self.layout, PRODUCT, variables, made.address)
        running = self.stack.enter_context(server)
        ready = prepare(over_http(made.address), made.ini)
        scripts = ready.flows(self.chosen.connections)
        wanted = self.chosen.flow or [script.name for script in scripts]
        return [
            Target(product.name, flow, running)
            for flow in scripts
            if flow.name in wanted
        ]


def scale(floors: list[Target]) -> float:
    """Return what a bare view costs here over what it cost where goals were set."""
    bare = floors[0]
    return bare.median("cpu") / BARE.get(bare.name.partition(" ")[0], BARE["granian"])


def main() -> None:
    """Run everything once and print Markdown."""
    chosen = options()
    plan = Plan(chosen.rounds, chosen.seconds, chosen.connections)
    with ExitStack() as stack:
        bench = Bench(stack, chosen)
        floors, other = bench.floors(), bench.other_bare()
        measured = [
            [] if chosen.floors_only else bench.flows(product) for product in PRODUCTS
        ]
        # A flow of one product runs right before the same flow of the next.
        rows = [target for row in zip(*measured, strict=True) for target in row]
        interleave([*rows, *floors, other], plan, bench.databases)
    print(report.facts(str(bench.layout)))
    print(report.bare_lines([floors[0], other]))
    print("\n" + report.floor_table(floors))
    if rows:
        print("\n" + report.columns(measured, floors[0]))
        print("\n" + report.table(measured[-1], floors, scale(floors)))


if __name__ == "__main__":
    main()
