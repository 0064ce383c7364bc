"""The stages of a process's start, measured from inside (`benchmarks.start_up`).

``python -m benchmarks.stages INI HOST`` reads a JSON object from its input, the names
of the modules to import for each stage, and writes what each stage cost. So this module
imports nothing at its top that a stage measures.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

PACKAGE = "pyramid_oauth"
INTERPRETER, LIBRARIES, CODE, CONFIGURATION, FLOWS, WARM = STAGES = (
    "interpreter",
    "libraries",
    "modules of pyramid_oauth",
    "configuration",
    "each flow once",
    "each flow 50 times",
)
MORE_UNITS = 50
MEGABYTE = 1_000_000


def private_bytes(pid: int | str = "self") -> int:
    """Return the memory that only one process has (proc(5), smaps_rollup)."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return 1024 * sum(
            int(line.split()[1]) for line in lines if line.startswith("Private_")
        )


class Stages:
    """Runs the stages and keeps what each took, in CPU seconds and bytes."""

    def __init__(self) -> None:
        self.costs: dict[str, tuple[float, int]] = {}
        self._seconds, self._bytes = 0.0, 0

    def run(self, name: str, action: Callable[[], Any] = lambda: None) -> Any:
        """Run an action as a stage and return what it returned."""
        result = action()
        seconds, taken = time.process_time(), private_bytes()
        self.costs[name] = seconds - self._seconds, taken - self._bytes
        self._seconds, self._bytes = seconds, taken
        return result


def import_all(names: Sequence[str]) -> None:
    """Import modules; what an optional package lacks is left out."""
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)


def build(ini: str) -> Any:
    """Build the application of an ini file."""
    from pyramid.paster import get_app, setup_logging  # noqa: PLC0415

    setup_logging(ini)
    return get_app(ini)


def first_requests(application: Any, ini: str, host: str) -> Callable[[int], None]:
    """Return what runs each flow a number of times over WSGI."""
    from benchmarks.inprocess import over_wsgi  # noqa: PLC0415
    from benchmarks.message import perform  # noqa: PLC0415
    from benchmarks.prepare import prepare  # noqa: PLC0415

    exchange = over_wsgi(application, host)
    flows = prepare(exchange, ini).flows(1)

    def run(units: int) -> None:
        for flow in flows:
            for _ in range(units):
                perform(flow, exchange)

    return run


def main() -> None:
    """Run the stages and print them, and the modules that were imported."""
    ini, host = sys.argv[1:]
    stages = Stages()
    names = json.load(sys.stdin)
    stages.run(INTERPRETER)
    stages.run(LIBRARIES, lambda: import_all(names[LIBRARIES]))
    stages.run(CODE, lambda: import_all(names[CODE]))
    application = stages.run(CONFIGURATION, lambda: build(ini))
    run = first_requests(application, ini, host)
    stages.run(FLOWS, lambda: run(1))
    stages.run(WARM, lambda: run(MORE_UNITS))
    known = [name for name in sys.modules if not name.startswith(("benchmarks", "_"))]
    ours = [name for name in known if name.partition(".")[0] == PACKAGE]
    libraries = [name for name in known if name not in set(ours)]
    found = {LIBRARIES: libraries, CODE: ours}
    json.dump({"costs": stages.costs, "modules": found}, sys.stdout)


if __name__ == "__main__":
    main()
