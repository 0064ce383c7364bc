"""Fresh login: recent and strong enough to change the credentials of the user.

OWASP Authentication Cheat Sheet, reauthentication; NIST SP 800-63B section 4.1.2.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.clock import now
from pyramid_oauth.standalone.accounts import second_factors
from pyramid_oauth.standalone.accounts.authentication_context import (
    MULTI_FACTOR,
    has_level,
)
from pyramid_oauth.standalone.accounts.login_context import LoginContext
from pyramid_oauth.standalone.accounts.pending_logins import methods_of
from pyramid_oauth.standalone.page import see_other
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings


def is_fresh(request: Request, here: Row[Any]) -> bool:
    """Whether the login is recent, and by a second factor if the user has one."""
    options: StandaloneSettings = request.registry["standalone.options"]
    if now() >= here.auth_time + timedelta(seconds=options.fresh_login):
        return False
    factors = second_factors.find(request.dbsession, here.subject)
    return not factors or has_level(methods_of(here), MULTI_FACTOR)


def ask_for_fresh_login(request: Request) -> Response:
    """Redirect to the login page, which then redirects to the list of factors."""
    entry = LoginContext(
        next=request.route_path("two_step"), reason="reauthenticate", need=MULTI_FACTOR
    )
    return see_other(f"{request.route_path('login')}?{entry.query}")
