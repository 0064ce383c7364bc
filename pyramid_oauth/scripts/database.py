"""`init` and `upgrade`: the database of the standalone server.

A host migrates our tables with its own Alembic environment, beside its own.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from pyramid_oauth.private_files import create_private_file
from pyramid_oauth.scripts import environment, keys, migrations
from pyramid_oauth.scripts.environment import (
    explain_errors,
    explain_start_errors,
    open_application,
)

DEMO = "pyramid_oauth.standalone.demo"


@click.command()
@environment.ini
@click.option(
    "--demo/--no-demo",
    default=None,
    help="Load demo users with public passwords, and demo clients; default: where "
    "standalone.development is on.",
)
def init(ini: str, demo: bool | None) -> None:
    """Create or upgrade the database, generate the first keys, load the demo data.

    The command may be repeated.
    """
    _migrate(ini)
    with open_application(ini) as request:
        for line in keys.generate_missing_keys(request):
            click.echo(line)
    if find_spec(DEMO):
        _load_demo(ini, demo)


def _load_demo(ini: str, wanted: bool | None) -> None:
    module = importlib.import_module(DEMO)
    with open_application(ini) as request:
        if not (module.is_wanted(request) if wanted is None else wanted):
            click.echo("No demo data was loaded.")
            return
        secrets = module.load(request)
    for client_id, secret in secrets.items():
        click.echo(f"The secret of the demo client {client_id}: {secret}")
    click.echo("The demo data is in place.")


@click.command()
@environment.ini
def upgrade(ini: str) -> None:
    """Upgrade the database to the newest revision."""
    _migrate(ini)


def _migrate(ini: str) -> None:
    with explain_start_errors(), explain_errors():
        if not migrations.is_standalone(ini):
            raise click.ClickException(
                f"{ini} runs an application of its own: its tables belong to its own "
                "Alembic environment (see 'Migrations' in the documentation)"
            )
        config = migrations.configuration(ini)
        url = make_url(config.get_main_option("sqlalchemy.url") or "")
        if url.drivername.startswith("sqlite") and url.database:
            create_private_file(Path(url.database))
        migrations.upgrade(config)
    click.echo(f"The database {url.render_as_string()} is up to date.")


COMMANDS = (init, upgrade)
