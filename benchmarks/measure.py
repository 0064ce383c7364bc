"""One interleaved run: every target in turn, several rounds, medians.

The first round only warms up and is thrown away.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import URL

from benchmarks import cpu
from benchmarks.database import backends
from benchmarks.load import Load, Order, Outcome
from benchmarks.message import Flow
from benchmarks.servers import Running


@dataclass
class Target:
    """A flow against a running server, and what was measured of it."""

    name: str
    flow: Flow
    server: Running
    samples: list[Sample] = field(default_factory=list)

    def median(self, what: str) -> float:
        """Return the median of one attribute over the samples."""
        values: list[float] = [getattr(sample, what) for sample in self.samples]
        return statistics.median(values)

    def ratio(self, floor: Target) -> float:
        """Return the median, over the rounds, of CPU over the floor's CPU.

        Both samples of a pair are of one round, so a machine that other work slows
        down for a while slows both.
        """
        pairs = zip(self.samples, floor.samples, strict=True)
        return statistics.median(own.cpu / other.cpu for own, other in pairs)

    def spread(self) -> float:
        """Return the widest deviation of a sample's CPU from the median, relative."""
        middle = self.median("cpu")
        return max(abs(sample.cpu - middle) for sample in self.samples) / middle


@dataclass(frozen=True)
class Sample:
    """One sample: units per second and CPU seconds per 1,000 units."""

    rate: float
    cpu: float
    database_cpu: float
    client_cpu: float


@dataclass(frozen=True)
class Plan:
    """How long and how often to measure."""

    rounds: int
    seconds: float
    connections: int


def interleave(targets: Sequence[Target], plan: Plan, databases: Sequence[URL]) -> None:
    """Measure all targets in turn, round by round."""
    load = Load()
    try:
        for target in targets:
            _sample(load, target, Plan(1, min(1.0, plan.seconds), plan.connections))
        watched = [pid for database in databases for pid in backends(database)]
        for _ in range(plan.rounds):
            for target in targets:
                target.samples.append(_measure(load, target, plan, watched))
    finally:
        load.close()


def _measure(load: Load, target: Target, plan: Plan, watched: list[int]) -> Sample:
    members = target.server.pids()
    server, database = cpu.seconds(members), cpu.seconds(watched)
    outcome = _sample(load, target, plan)
    if members != target.server.pids():
        raise RuntimeError(f"a server process came or went during {target.name}")
    return Sample(
        outcome.units / outcome.elapsed,
        _per_thousand(cpu.seconds(members) - server, outcome),
        _per_thousand(cpu.seconds(watched) - database, outcome),
        _per_thousand(outcome.client_cpu, outcome),
    )


def _sample(load: Load, target: Target, plan: Plan) -> Outcome:
    address = target.server.address
    order = Order(target.flow, address, plan.seconds, plan.connections)
    outcome, target.flow = load.sample(order)
    return outcome


def _per_thousand(seconds: float, outcome: Outcome) -> float:
    return 1000 * seconds / outcome.units
