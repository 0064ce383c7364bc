"""Where the time of a flow goes: cProfile around an in-process WSGI call loop.

``python -m benchmarks.profile_flow "refresh"``; no server, no socket, one thread.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyramid.paster import get_app
from sqlalchemy import URL, create_engine

from benchmarks import floor_flows, floor_tables, floors
from benchmarks.database import scratch
from benchmarks.inprocess import over_wsgi
from benchmarks.instance import instance
from benchmarks.message import Exchange, Flow, perform
from benchmarks.prepare import prepare

#: Units run before anything is measured, so that caches are warm.
WARM_UP = 200


@dataclass(frozen=True)
class Cost:
    """CPU and wall milliseconds of one unit, measured without the profiler."""

    cpu: float
    wall: float


def repeat(flow: Flow, exchange: Exchange, units: int) -> None:
    """Run a flow ``units`` times."""
    for _ in range(units):
        perform(flow, exchange)


def cost(flow: Flow, exchange: Exchange, units: int) -> Cost:
    """Measure a flow without the profiler, which itself weighs on small calls."""
    cpu, wall = time.process_time(), time.perf_counter()
    repeat(flow, exchange, units)
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return Cost(*(1000 * value / units for value in spent))


def profile(flow: Flow, exchange: Exchange, units: int) -> pstats.Stats:
    """Run a flow under cProfile, by CPU time, and return the statistics."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(repeat, flow, exchange, units)
    return pstats.Stats(profiler)


@contextmanager
def scripts(url: URL) -> Iterator[list[tuple[Flow, Exchange]]]:
    """Yield every flow of the server under test and of the floors, in-process."""
    text = url.render_as_string(hide_password=False)
    floor_tables.seed(create_engine(url))
    floor = over_wsgi(floors.application(text, 1), "127.0.0.1:80")
    with instance(url) as made:
        host = f"{made.address[0]}:{made.address[1]}"
        product = over_wsgi(get_app(made.ini), host)
        ready = prepare(product, made.ini)
        known = [(flow, product) for flow in ready.flows(1)]
        yield known + [(flow, floor) for flow in floor_flows.ALL]


def show(flow: Flow, exchange: Exchange, options: argparse.Namespace) -> None:
    """Print what one flow costs and its most expensive functions."""
    repeat(flow, exchange, WARM_UP)
    plain = cost(flow, exchange, options.units)
    print(f"\n=== {flow.name}: {plain.cpu:.3f} ms CPU, {plain.wall:.3f} ms wall")
    if options.cost_only:
        return
    statistics = profile(flow, exchange, options.units)
    for order in ("tottime", "cumulative"):
        statistics.sort_stats(order).print_stats(options.top)


def main() -> None:
    """Profile the named flows, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    admin = "postgresql+psycopg://postgres@127.0.0.1/postgres"
    parser.add_argument("flow", nargs="*", help="names; all without")
    parser.add_argument("--admin", default=admin)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--top", type=int, default=30)
    parser.add_argument("--cost-only", action="store_true")
    options = parser.parse_args()
    with scratch(options.admin) as url, scripts(url) as known:
        for flow, exchange in known:
            if not options.flow or flow.name in options.flow:
                show(flow, exchange, options)


if __name__ == "__main__":
    main()
