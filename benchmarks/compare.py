"""Which WSGI server, how many processes and threads, which driver: by the floors.

``python -m benchmarks.compare`` prints the table behind the choice.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack

from sqlalchemy import URL, create_engine

from benchmarks import floor_flows, floor_tables, wsgi
from benchmarks.database import scratch
from benchmarks.measure import Plan, Target, interleave
from benchmarks.servers import Layout, available, serve

LAYOUTS = (
    Layout("granian", 1, 1),
    Layout("granian", 2, 1),
    Layout("granian", 1, 2),
    Layout("granian", 1, 8),
    Layout("gunicorn-sync", 2, 1),
    Layout("gunicorn", 2, 1),
    Layout("gunicorn", 2, 4),
    Layout("waitress", 1, 4),
    Layout("uwsgi", 2, 1),
)
DRIVERS = ("postgresql+psycopg", "postgresql+psycopg2")


def environment(url: URL) -> dict[str, str]:
    """Return the variables that lead the floors to their database."""
    return {wsgi.DATABASE: url.render_as_string(hide_password=False)}


def choices() -> Iterator[tuple[Layout, str]]:
    """Yield every layout with the first driver, and two with the second."""
    for layout in filter(available, LAYOUTS):
        yield layout, DRIVERS[0]
    yield LAYOUTS[0], DRIVERS[1]
    yield LAYOUTS[1], DRIVERS[1]


def main() -> None:
    """Measure every choice in one interleaved run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--admin", default="postgresql+psycopg://postgres@127.0.0.1/postgres"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    plan = Plan(options.rounds, options.seconds, options.connections)
    with ExitStack() as stack:
        url = stack.enter_context(scratch(options.admin))
        floor_tables.seed(create_engine(url))
        targets: list[Target] = []
        for layout, driver in choices():
            variables = environment(url.set(drivername=driver))
            server = serve(layout, "benchmarks.wsgi:floors", variables)
            running = stack.enter_context(server)
            label = f"{layout}, {driver.partition('+')[2]}"
            targets += [Target(label, flow, running) for flow in floor_flows.ALL]
        interleave(targets, plan, [url])
    print(table(targets))


def table(targets: list[Target]) -> str:
    """Render CPU seconds per 1,000 and units per second, one line per choice."""
    names = [flow.name for flow in floor_flows.ALL]
    lines = [
        f"| server, driver | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for label in dict.fromkeys(target.name for target in targets):
        cells = [
            f"{target.median('cpu'):.3f} ({target.median('rate'):,.0f}/s)"
            for target in targets
            if target.name == label
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
