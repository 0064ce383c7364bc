"""What a process costs before and beside its requests: start-up time and memory.

``python -m benchmarks.start_up`` starts each product in processes of its own and prints
the CPU seconds and the private megabytes of each stage, medians over the processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.database import scratch
from benchmarks.instance import PRODUCTS, Instance, instance
from benchmarks.stages import CODE, LIBRARIES, MEGABYTE, STAGES

TIMEOUT = 120
Costs = dict[str, tuple[float, int]]


def start(made: Instance, modules: dict[str, list[str]]) -> dict[str, Any]:
    """Run the stages in a new process."""
    host = f"{made.address[0]}:{made.address[1]}"
    # With it each process would compile all modules.
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.stages", made.ini, host],
        input=json.dumps(modules),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=TIMEOUT,
        env=variables,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measure(made: Instance, processes: int) -> list[Costs]:
    """Measure a product: the first process only finds out what it imports."""
    modules = start(made, {LIBRARIES: [], CODE: []})["modules"]
    return [start(made, modules)["costs"] for _ in range(processes)]


def table(measured: dict[str, list[Costs]]) -> str:
    """Render CPU milliseconds and megabytes of each stage, one column a product."""
    head = "".join(f" {name}, CPU ms | {name}, MB |" for name in measured)
    lines = [f"| stage |{head}", "|---|" + "---:|---:|" * len(measured)]
    for stage in STAGES:
        cells = [
            f" {1000 * _median(costs, stage, 0):,.0f} |"
            f" {_median(costs, stage, 1) / MEGABYTE:,.1f} |"
            for costs in measured.values()
        ]
        lines.append(f"| {stage} |{''.join(cells)}")
    totals = [
        f" {1000 * _total(costs, 0):,.0f} | {_total(costs, 1) / MEGABYTE:,.1f} |"
        for costs in measured.values()
    ]
    return "\n".join([*lines, f"| together |{''.join(totals)}"])


def _median(costs: list[Costs], stage: str, which: int) -> float:
    return statistics.median(each[stage][which] for each in costs)


def _total(costs: list[Costs], which: int) -> float:
    return sum(_median(costs, stage, which) for stage in STAGES)


def main() -> None:
    """Measure every product and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    admin = "postgresql+psycopg://postgres@127.0.0.1/postgres"
    parser.add_argument("--admin", default=admin)
    parser.add_argument("--processes", type=int, default=5)
    options = parser.parse_args()
    measured: dict[str, list[Costs]] = {}
    for product in PRODUCTS:
        with scratch(options.admin) as url, instance(url, product) as made:
            measured[product.name] = measure(made, options.processes)
    print(table(measured))


if __name__ == "__main__":
    main()
