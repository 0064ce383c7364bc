"""`initial-access-token`: tokens that permit client registration.

RFC 7591 sections 1.2 and 3.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
from sqlalchemy import select

from pyramid_oauth.clock import now
from pyramid_oauth.extensions.registration.repository import AbstractInitialAccessToken
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import open_application

DAY = 86400

NOTICE = "Keep the token now: it is not stored and cannot be shown again."


@click.group("initial-access-token")
def initial_access_token() -> None:
    """Issue and revoke tokens that let their holder register clients."""


@initial_access_token.command()
@environment.ini
@click.option(
    "--uses",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="How many clients it may register.",
)
@click.option("--unlimited", is_flag=True, help="Any number of clients.")
@click.option(
    "--lifetime",
    type=click.IntRange(1, 10 * 366 * DAY),
    default=DAY,
    show_default=True,
    metavar="SECONDS",
    help="When it expires.",
)
@click.option("--note", default="", help="What it is for, at most 255 characters.")
@environment.as_json
def create(
    ini: str, uses: int, unlimited: bool, lifetime: int, note: str, as_json: bool
) -> None:
    """Issue a token; it is shown only once."""
    if len(note) > 255:
        raise click.BadParameter("is longer than 255 characters", param_hint="--note")
    with open_application(ini) as request:
        row, token = request.oauth.server.repositories.initial_access_tokens.new(
            request.oauth.session,
            expires_at=now() + timedelta(seconds=lifetime),
            uses=None if unlimited else uses,
            note=note,
        )
        described = {"token": token, **_describe(row)}
        policy = request.oauth.settings[RegistrationSettings].registration
    if as_json:
        environment.show_json(described)
    else:
        for name, value in described.items():
            click.echo(f"{name}: {'' if value is None else value}")
        click.echo(NOTICE, err=True)
    if policy != "initial_access_token":
        click.echo(
            "The token has no effect: pyramid_oauth.registration is not "
            "initial_access_token.",
            err=True,
        )


@initial_access_token.command("list")
@environment.ini
@environment.as_json
def list_(ini: str, as_json: bool) -> None:
    """List the tokens without their values."""
    with open_application(ini) as request:
        model = request.oauth.models.InitialAccessToken
        rows = request.oauth.session.scalars(select(model).order_by(model.id))
        described = [_describe(row) for row in rows]
    if as_json:
        environment.show_json(described)
        return
    for item in described:
        remaining = (
            "unlimited" if item["remaining"] is None else f"{item['remaining']} left"
        )
        click.echo(f"{item['id']}\t{remaining}\t{item['expires_at']}\t{item['note']}")


@initial_access_token.command()
@environment.ini
@click.argument("number", type=environment.KEY)
def revoke(ini: str, number: int) -> None:
    """Revoke the token that `list` shows under NUMBER."""
    with open_application(ini) as request:
        session, model = request.oauth.session, request.oauth.models.InitialAccessToken
        row = session.get(model, number)
        if row is None:
            raise click.ClickException(f"there is no initial access token {number}")
        session.delete(row)
    click.echo(f"{number} is revoked.")


def _describe(row: AbstractInitialAccessToken) -> dict[str, Any]:
    return {
        "id": row.id,
        "remaining": row.remaining,
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "note": row.note,
    }


COMMANDS = (initial_access_token,)
