"""`purge`: deletion of expired rows in small batches, beside live traffic."""

from __future__ import annotations

import time
from collections import Counter

import click

from pyramid_oauth import cleanup
from pyramid_oauth.purge import purge_application
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import bootstrap_application


@click.command()
@environment.ini
@click.option(
    "--batch-size",
    type=click.IntRange(1, cleanup.LARGEST_BATCH),
    default=1000,
    show_default=True,
    help="Rows in one transaction.",
)
@click.option(
    "--sleep",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    help="Seconds between two transactions.",
)
@environment.as_json
def purge(ini: str, batch_size: int, sleep: float, as_json: bool) -> None:
    """Delete expired rows, and rows that are no longer used.

    Unused rows are old dead messages, old retired keys, and unused dynamically
    registered clients.

    Each batch is one transaction. The command may be interrupted at any time and
    continues when it is called again.
    """
    counts: Counter[str] = Counter()
    with bootstrap_application(ini) as request:
        for batch in purge_application(request, batch_size):
            counts[batch.name] += batch.rows
            if sleep and batch.rows:
                time.sleep(sleep)
    if as_json:
        environment.show_json(dict(counts))
    else:
        for name, count in counts.items():
            click.echo(f"{count} {name} deleted")


COMMANDS = (purge,)
