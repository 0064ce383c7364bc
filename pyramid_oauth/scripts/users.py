"""`user`: the people who can log in at the ready-made server.

A host has users of its own, which these commands do not know.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
from pyramid.i18n import TranslationString
from sqlalchemy import select
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.user_options import (
    PASSWORD_PLACE,
    parse_claims,
    parse_mail,
    parse_seconds,
    standalone_ini,
)
from pyramid_oauth.standalone.accounts import invitations, users
from pyramid_oauth.standalone.accounts.logout_everywhere import log_out_everywhere
from pyramid_oauth.standalone.accounts.recipients import is_verified_by_anybody
from pyramid_oauth.standalone.mail import has_mail
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.settings import CLOSED, StandaloneSettings
from pyramid_oauth.typing import OAuthRequest


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
    callback=parse_claims,
    help="Claims of OpenID Connect about the user, such as "
    '\'{"given_name": "Ada", "locale": "en-GB"}\'.',
)
@click.option(
    "--mail", metavar="ADDRESS", callback=parse_mail, help="The mail address."
)
@click.option(
    "--mail-verified",
    is_flag=True,
    help="The address is known to be the user's: mail goes there.",
)
@click.option("--administrator", is_flag=True, help="Let the user administer it.")
@environment.as_json
def create(
    ini: str,
    username: str,
    password: str | None,
    display_name: str | None,
    claims: dict[str, Any],
    mail: str | None,
    mail_verified: bool,
    administrator: bool,
    as_json: bool,
) -> None:
    """Create a user, who can log in at once."""
    if mail_verified and mail is None:
        raise click.UsageError("--mail-verified is about the address of --mail")
    chosen = _read_password(username, password)
    with open_application(ini) as request:
        session = request.oauth.session
        if mail_verified:
            _refuse_other_account(session, mail)
        row = users.add(
            session, username, chosen, mail=mail, mail_verified=mail_verified
        )
        if row is None:
            raise click.ClickException(f"the user name {username!r} is taken")
        row.display_name = display_name or row.display_name
        row.claims = {**row.claims, **claims}
        row.is_administrator = administrator
        request.oauth.session.flush()
        described = _describe(row)
    if as_json:
        environment.show_json(described)
    else:
        click.echo(f"{described['username']} can log in; subject {row.subject}")


@user.command()
@standalone_ini
@click.argument("mail", callback=parse_mail)
@click.option(
    "--expires",
    metavar="TIME",
    callback=parse_seconds,
    help="How long it works, such as 12h or 7d; default: "
    "`standalone.invitation_lifetime`.",
)
@click.option("--send", is_flag=True, help="Send the link by mail; do not print it.")
@click.option("--language", metavar="TAG", help="The language of the mail.")
def invite(
    ini: str, mail: str, expires: timedelta | None, send: bool, language: str | None
) -> None:
    """Print or send a link by which somebody makes an account, once.

    The address MAIL counts as verified where the link was sent there.
    """
    with open_application(ini) as request:
        options: StandaloneSettings = request.registry["standalone.options"]
        if options.sign_up == CLOSED:
            raise click.ClickException("standalone.sign_up is closed")
        if send and not has_mail(request.registry):
            raise click.ClickException("there is no mail: see standalone.mail.host")
        _refuse_other_account(request.oauth.session, mail)
        lifetime = expires or timedelta(seconds=options.invitation_lifetime)
        if send:
            locale = language.replace("-", "_") if language else None
            invitations.send_invitation(request, mail, lifetime, locale)
            click.echo(f"The invitation to {mail} is in the outbox.")
        else:
            link = invitations.make_invitation(request, mail, lifetime)
            until = now() + lifetime
            click.echo(f"Makes one account, until {until:%Y-%m-%d %H:%M} UTC:")
            click.echo(link)


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
        if item["is_administrator"]:
            state += " administrator"
        click.echo("\t".join([item["username"], state, item["display_name"]]))


@user.command()
@standalone_ini
@click.argument("username")
def disable(ini: str, username: str) -> None:
    """Log a user out everywhere and refuse logins, tokens and codes of the user.

    The tokens count again after `enable`; `grant revoke` ends them.
    """
    with open_application(ini) as request:
        row = get_user(request, username)
        row.is_active = False
        ended = log_out_everywhere(request, row.subject)
    click.echo(f"{username} is disabled; {ended} sessions ended.")


@user.command()
@standalone_ini
@click.argument("username")
def enable(ini: str, username: str) -> None:
    """Let a disabled user log in again."""
    with open_application(ini) as request:
        get_user(request, username).is_active = True
    click.echo(f"{username} can log in.")


@user.command("set")
@standalone_ini
@click.argument("username")
@click.option(
    "--administrator/--no-administrator",
    required=True,
    help="Whether the user may open the pages below `administration`.",
)
def set_(ini: str, username: str, administrator: bool) -> None:
    """Make a user an administrator of the server, or no longer one."""
    with open_application(ini) as request:
        get_user(request, username).is_administrator = administrator
    click.echo(f"{username} is {'an' if administrator else 'no'} administrator.")


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
        row = get_user(request, username)
        ended = log_out_everywhere(request, row.subject)
        row.password_hash = password_hash
        grants = request.oauth.end_all_grants(row.subject) if end_grants else 0
    click.echo(
        f"The password of {username} is replaced; {ended} sessions and {grants} "
        "grants ended."
    )


def _read_password(username: str, password: str | None) -> str:
    """Return the password, by a prompt if none was given; refuse one that is weak."""
    if password is None:
        password = click.prompt(
            "Password", hide_input=True, confirmation_prompt=True, err=True
        )
    problem = users.find_problem(username, password)
    if problem is not None:
        sentence = TranslationString(problem.sentence).interpolate()
        raise click.ClickException(f"{problem.field}: {sentence}")
    return password


def _refuse_other_account(session: Session, mail: str | None) -> None:
    if mail is not None and is_verified_by_anybody(session, mail):
        raise click.ClickException(f"a user has the address {mail} already")


def get_user(request: OAuthRequest, username: str) -> User:
    """Return the user of this name; end the command where there is none."""
    named = User.username.in_((username, users.canonical(username)))
    row: User | None = request.oauth.session.scalar(select(User).where(named))
    if row is None:
        raise click.ClickException(f"there is no user {username!r}")
    return row


def _describe(row: User) -> dict[str, Any]:
    return {
        "username": row.username,
        "subject": row.subject,
        "display_name": row.display_name,
        "is_active": row.is_active,
        "is_administrator": row.is_administrator,
        "mail": row.mail,
        "mail_verified": row.mail_verified,
        "created_at": row.created_at.isoformat(),
        "claims": row.claims,
    }


COMMANDS = (user,)
