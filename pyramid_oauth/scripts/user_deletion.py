"""`user delete`: delete a user of the ready-made server, with all that the user has."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from pyramid_oauth.clock import now
from pyramid_oauth.protocol.revocation import MAX_GRANTS
from pyramid_oauth.repositories.authorizations import GrantFilter
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.user_options import standalone_ini
from pyramid_oauth.scripts.users import get_user, user
from pyramid_oauth.standalone.accounts.delete_account import delete_account
from pyramid_oauth.standalone.models import LoginSession
from pyramid_oauth.typing import OAuthRequest


@user.command()
@standalone_ini
@click.argument("username")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(ini: str, username: str, yes: bool) -> None:
    """Delete a user for good; sessions, grants, tokens and consents end first.

    Clients are told of the log-out. Applications that the user registered stay, without
    a person who could log in to manage them; `disable` keeps the user.
    """
    with open_application(ini) as request:
        row = get_user(request, username)
        found = _count(request, row.subject)
        if not yes:
            question = f"Delete {row.username} (subject {row.subject}), with {found}?"
            click.confirm(question, abort=True, err=True)
        delete_account(request, row.subject)
    click.echo(f"{username} is deleted, with {found}.")


def _count(request: OAuthRequest, subject: str) -> str:
    """Return how much ends with the user, in words."""
    session, records, moment = request.oauth.session, request.oauth.server, now()
    is_own = LoginSession.subject == subject
    sessions = session.scalar(
        select(func.count()).select_from(LoginSession).where(is_own)
    )
    grants = records.repositories.authorizations.live_grants(
        session, GrantFilter(user_id=subject), moment, MAX_GRANTS
    )
    consents = records.repositories.consents.of_user(session, subject, moment)
    return f"{sessions} sessions, {len(grants)} grants and {len(consents)} consents"


COMMANDS = (user,)
