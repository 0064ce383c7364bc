"""Replacement of a password, which also ends sessions and links."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from pyramid_oauth.database import execute
from pyramid_oauth.standalone.accounts.logout_everywhere import log_out_everywhere
from pyramid_oauth.standalone.accounts.notices import send_notice
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.request import Request

_REPLACE = (
    update(User)
    .where(
        User.subject == bindparam("_subject"),
        User.password_hash == bindparam("_former"),
    )
    .values(password_hash=bindparam("_new"))
)


def replace_password(
    request: Request, subject: str, former: str, new: str, *, staying: str = ""
) -> bool:
    """Replace the hash `former` by `new`, and end all sessions of the user.

    Args:
        request: The Pyramid request.
        subject: The user.
        former: The stored hash that was checked.
        new: The hash of the new password.
        staying: The `session_id` of a session that its browser continues, of which the
            clients do not learn.

    Returns:
        False if a concurrent request has replaced the password.
    """
    session = request.dbsession
    values = {"_subject": subject, "_former": former, "_new": new}
    if execute(session, _REPLACE, values) != 1:
        return False
    log_out_everywhere(request, subject, staying=staying)
    send_notice(request, "password", subject)
    return True
