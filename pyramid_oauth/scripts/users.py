"""`user`: the people who can log in at the ready-made server.

A host has users of its own, which these commands do not know.
"""

from __future__ import annotations

import json
from typing import Any

import click
from pyramid.i18n import TranslationString
from sqlalchemy import select

from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.scripts import environment, migrations
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.secret_option import read_secret
from pyramid_oauth.standalone.accounts import sessions, users
from pyramid_oauth.standalone.models import User
from pyramid_oauth.typing import OAuthRequest

PASSWORD_PLACE = click.option(
    "--password",
    metavar="PLACE",
    callback=read_secret,
    help="Where the password is: file:PATH, env:NAME, or - for a prompt (the default).",
)


def _check_standalone(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Accept the ini of the ready-made server only."""
    ini: str = environment.check_ini_file(ctx, param, value)
    with environment.explain_start_errors():
        is_standalone = migrations.is_standalone(ini)
    if not is_standalone:
        raise click.BadParameter("runs an application of its own, with its own users")
    return ini


standalone_ini = click.argument("ini", metavar="INI", callback=_check_standalone)


def _parse_claims(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> dict[str, Any]:
    try:
        claims = json.loads(value or "{}")
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}") from error
    if not isinstance(claims, dict):
        raise click.BadParameter("is not a JSON object")
    return claims


@click.group()
def user() -> None:
    """Create and administer the users of the ready-made server."""


@user.command()
@standalone_ini
@click.argument("username")
@PASSWORD_PLACE
@click.option(
    "--display-name", metavar="TEXT", help="What pages show; default: the user name."
)
@click.option(
    "--claims",
    metavar="JSON",
    callback=_parse_claims,
    help="Claims of OpenID Connect about the user, such as "
    '\'{"email": "ada@example.org", "email_verified": true}\'.',
)
@environment.as_json
def create(
    ini: str,
    username: str,
    password: str | None,
    display_name: str | None,
    claims: dict[str, Any],
    as_json: bool,
) -> None:
    """Create a user, who can log in at once."""
    chosen = _read_password(username, password)
    with open_application(ini) as request:
        row = users.add(request.oauth.session, username, chosen)
        if row is None:
            raise click.ClickException(f"the user name {username!r} is taken")
        row.display_name = display_name or row.display_name
        row.claims = {**row.claims, **claims}
        request.oauth.session.flush()
        described = _describe(row)
    if as_json:
        environment.show_json(described)
    else:
        click.echo(f"{described['username']} can log in; subject {row.subject}")


@user.command("list")
@standalone_ini
@environment.as_json
def list_(ini: str, as_json: bool) -> None:
    """List the users."""
    with open_application(ini) as request:
        rows = request.oauth.session.scalars(select(User).order_by(User.username))
        described = [_describe(row) for row in rows]
    if as_json:
        environment.show_json(described)
        return
    for item in described:
        state = "active" if item["is_active"] else "disabled"
        click.echo("\t".join([item["username"], state, item["display_name"]]))


@user.command()
@standalone_ini
@click.argument("username")
def disable(ini: str, username: str) -> None:
    """Log a user out everywhere and refuse logins, tokens and codes of the user.

    The tokens count again after `enable`; `grant revoke` ends them.
    """
    with open_application(ini) as request:
        row = _get_user(request, username)
        row.is_active = False
        ended = _end_sessions(request, row)
    click.echo(f"{username} is disabled; {ended} sessions ended.")


@user.command()
@standalone_ini
@click.argument("username")
def enable(ini: str, username: str) -> None:
    """Let a disabled user log in again."""
    with open_application(ini) as request:
        _get_user(request, username).is_active = True
    click.echo(f"{username} can log in.")


@user.command("set-password")
@standalone_ini
@click.argument("username")
@PASSWORD_PLACE
@click.option(
    "--end-grants",
    is_flag=True,
    help="Revoke also what clients may do for the user, as after a theft.",
)
def set_password(
    ini: str, username: str, password: str | None, end_grants: bool
) -> None:
    """Replace the password of a user, who is logged out everywhere."""
    chosen = _read_password(username, password)
    password_hash = hash_chosen(chosen)
    with open_application(ini) as request:
        row = _get_user(request, username)
        ended = _end_sessions(request, row)
        row.password_hash = password_hash
        grants = request.oauth.end_all_grants(row.subject) if end_grants else 0
    click.echo(
        f"The password of {username} is replaced; {ended} sessions and {grants} "
        "grants ended."
    )


def _read_password(username: str, password: str | None) -> str:
    """Return the password, prompted for where none was given; refuse an easy one."""
    if password is None:
        password = click.prompt(
            "Password", hide_input=True, confirmation_prompt=True, err=True
        )
    problem = users.find_problem(username, password)
    if problem is not None:
        sentence = TranslationString(problem.sentence).interpolate()
        raise click.ClickException(f"{problem.field}: {sentence}")
    return password


def _get_user(request: OAuthRequest, username: str) -> User:
    named = User.username.in_((username, users.canonical(username)))
    row: User | None = request.oauth.session.scalar(select(User).where(named))
    if row is None:
        raise click.ClickException(f"there is no user {username!r}")
    return row


def _end_sessions(request: OAuthRequest, row: User) -> int:
    """End the sessions of a user, and tell the clients; return their number."""
    ended = sessions.end_all(request.oauth.session, row.subject)
    if "end_sessions" in request.oauth.server.request_methods:
        request.oauth.end_sessions(row.subject, ended)
    return len(ended)


def _describe(row: User) -> dict[str, Any]:
    return {
        "username": row.username,
        "subject": row.subject,
        "display_name": row.display_name,
        "is_active": row.is_active,
        "created_at": row.created_at.isoformat(),
        "claims": row.claims,
    }


COMMANDS = (user,)
