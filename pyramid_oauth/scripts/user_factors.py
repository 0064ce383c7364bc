"""`user factors`: the second factors of a user of the ready-made server."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.user_options import standalone_ini
from pyramid_oauth.scripts.users import get_user, user
from pyramid_oauth.standalone.accounts import (
    one_time_passwords,
    passkeys,
    recovery_codes,
)
from pyramid_oauth.standalone.accounts.factor_changes import APP, remove_factor


@user.group()
def factors() -> None:
    """List and remove passkeys and apps of a user, such as after a loss."""


@factors.command("list")
@standalone_ini
@click.argument("username")
@environment.as_json
def list_(ini: str, username: str, as_json: bool) -> None:
    """List the second factors of a user."""
    with open_application(ini) as request:
        session: Session = request.oauth.session
        subject = get_user(request, username).subject
        found = _describe(session, subject)
        codes = recovery_codes.count(session, subject)
    if as_json:
        environment.show_json({"factors": found, "recovery_codes": codes})
        return
    for item in found:
        used = item["last_used_at"] or "never used"
        click.echo("\t".join((item["id"], item["name"], item["created_at"], used)))
    click.echo(f"{codes} recovery codes are left.")


@factors.command()
@standalone_ini
@click.argument("username")
@click.argument("factor", required=False)
def remove(ini: str, username: str, factor: str | None) -> None:
    """Remove a second factor of a user, by its id in the list; without an id, all.

    Recovery codes are removed with the last factor.
    """
    with open_application(ini) as request:
        subject = get_user(request, username).subject
        found = [item["id"] for item in _describe(request.oauth.session, subject)]
        chosen = found if factor is None else [factor]
        for each in chosen:
            if not remove_factor(request, subject, each):
                raise click.ClickException(f"{username} has no factor {each!r}")
    click.echo(f"{len(chosen)} factors of {username} are removed.")


def _describe(session: Session, subject: str) -> list[dict[str, Any]]:
    app = one_time_passwords.find(session, subject)
    rows = passkeys.list_passkeys(session, subject)
    found: list[tuple[str, str, Any]] = [
        (row.credential_digest, row.name, row) for row in rows
    ]
    if app is not None:
        found.append((APP, "app", app))
    return [
        {
            "id": key,
            "name": name,
            "created_at": row.created_at.isoformat(),
            "last_used_at": row.last_used_at and row.last_used_at.isoformat(),
        }
        for key, name, row in found
    ]


COMMANDS = (user,)
