"""`consent-ledger`: what users decided about clients, as it was recorded."""

from __future__ import annotations

from typing import Any

import click

from pyramid_oauth.extensions.consent_ledger.repository import LedgerEntry
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import open_application


@click.group("consent-ledger")
def consent_ledger() -> None:
    """Read the ledger of decisions about consent."""


@consent_ledger.command("list")
@environment.ini
@click.option("--user", "subject", metavar="SUBJECT", help="Decisions of this user.")
@click.option("--client", "client_id", metavar="CLIENT_ID", help="About this client.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="The largest number of decisions.",
)
@environment.as_json
def list_(
    ini: str, subject: str | None, client_id: str | None, limit: int, as_json: bool
) -> None:
    """List decisions with what was shown, the newest first."""
    with open_application(ini) as request:
        server = request.oauth.server
        if "consent_ledger" not in server.request_methods:
            raise click.ClickException(
                "the application does not include the extension consent_ledger"
            )
        found = server.repositories.consent_ledger.entries(
            request.oauth.session, subject=subject, client_id=client_id, limit=limit
        )
    if as_json:
        environment.show_json([_describe(each) for each in found])
        return
    for each in found:
        items = " ".join(
            f"{'+' if item['allowed'] else '-'}{item['name']}" for item in each.items
        )
        words = (each.made_at.isoformat(), each.decision, each.subject, each.client_id)
        click.echo("\t".join((*words, items or "-")))


def _describe(entry: LedgerEntry) -> dict[str, Any]:
    return {**entry._asdict(), "made_at": entry.made_at.isoformat()}


COMMANDS = (consent_ledger,)
