"""`check`: what is unsafe or missing, before the server goes live."""

from __future__ import annotations

import click

from pyramid_oauth.scripts import arguments, findings, stored
from pyramid_oauth.scripts.environment import opened


@click.command()
@arguments.ini
@arguments.as_json
def check(ini: str, as_json: bool) -> None:
    """Look for unsafe settings and missing tables; exit 1 where there is an error."""
    with opened(ini) as request:
        found = [
            *findings.in_settings(request.oauth.settings),
            *stored.in_database(request, ini),
        ]
    if as_json:
        arguments.show_json([vars(finding) for finding in found])
    else:
        for finding in found:
            click.echo(str(finding))
        click.echo(_sum(found))
    if any(finding.is_error for finding in found):
        raise click.exceptions.Exit(1)


def _sum(found: list[findings.Finding]) -> str:
    errors = sum(finding.is_error for finding in found)
    return f"{errors} errors, {len(found) - errors} warnings"


COMMANDS = (check,)
