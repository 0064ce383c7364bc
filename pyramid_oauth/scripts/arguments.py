"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


def _existing(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Accept the path of an ini file, with `#section` where it holds several."""
    path = Path(value.partition("#")[0])
    if not path.is_file():
        raise click.BadParameter(f"there is no file {path}")
    return value


ini = click.argument("ini", metavar="INI", callback=_existing)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

# For a command that is given a client_id or kid: base64url text may begin with a dash,
# and is then no option that we lack.
identified = {"ignore_unknown_options": True}


def show_json(value: Any) -> None:
    """Print `value` as one JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, default=str))
