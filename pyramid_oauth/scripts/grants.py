"""`grant`: what users allowed clients, listed and revoked (RFC 6749 section 1.3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from pyramid_oauth.clock import now
from pyramid_oauth.protocol.revocation import end_grants
from pyramid_oauth.repositories.authorizations import GrantFilter, LiveGrant
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import open_application

OF_USER = click.option(
    "--user", "user_id", metavar="SUBJECT", help="Those of this user."
)

OF_CLIENT = click.option(
    "--client", "client_id", metavar="CLIENT_ID", help="Those of this client."
)


@click.group()
def grant() -> None:
    """List and revoke grants: each is one approval of a client by a user."""


@grant.command("list")
@environment.ini
@OF_USER
@OF_CLIENT
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="The largest number of grants.",
)
@environment.as_json
def list_(
    ini: str, user_id: str | None, client_id: str | None, limit: int, as_json: bool
) -> None:
    """List the grants that clients can use, the newest first."""
    with open_application(ini) as request:
        found = request.oauth.server.repositories.authorizations.live_grants(
            request.oauth.session, GrantFilter(user_id, client_id), now(), limit
        )
    described = [_describe(each) for each in found]
    if as_json:
        environment.show_json(described)
        return
    for item in described:
        names = ("id", "client_id", "user_id", "scope", "created_at", "last_used_at")
        click.echo("\t".join(str(item[name] or "-") for name in names))


@grant.command()
@environment.ini
@click.argument("grant_id", metavar="[ID]", required=False, type=click.UUID)
@OF_USER
@OF_CLIENT
def revoke(
    ini: str, grant_id: UUID | None, user_id: str | None, client_id: str | None
) -> None:
    """Revoke the grant ID, or those of a user, of a client, or of one to the other.

    All codes and tokens of a revoked grant are refused from then on.
    """
    grant_filter = GrantFilter(user_id, client_id, grant_id)
    if not any(grant_filter):
        raise click.UsageError("name a grant, --user or --client")
    with open_application(ini) as request:
        server = request.oauth.server
        revoked = end_grants(
            request, server, grant_filter, "revoked by an administrator"
        )
    if grant_id is not None and not revoked:
        raise click.ClickException(f"there is no grant {grant_id}, or it was revoked")
    click.echo(f"{revoked} grants revoked.")


def _describe(each: LiveGrant) -> dict[str, Any]:
    used = each.last_used_at
    return {
        "id": str(each.id),
        "client_id": each.client_id,
        "user_id": each.user_id,
        "scope": " ".join(each.scopes),
        "resource": " ".join(each.resources),
        "created_at": each.created_at.isoformat(),
        "expires_at": each.expires_at.isoformat(),
        "last_used_at": used.isoformat() if used else None,
        "details": each.details,
    }


COMMANDS = (grant,)
