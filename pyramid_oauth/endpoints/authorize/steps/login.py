"""Who is at the browser, and whether this login will do.

OpenID Connect Core section 3.1.2.3: nobody is sent to log in; a request may also demand
that a person logs in anew, chooses an account, signs up or uses stronger means.
"""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.endpoints.authorize.authentication_policy import (
    Requirement,
    unmet_requirement,
)
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.pending import resume_url
from pyramid_oauth.http.forms import read_query
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.pages.error import error_page

log = logging.getLogger(__name__)

FORCING = frozenset({"login", "create", "select_account"})


def find_resource_owner(authorization: Authorization) -> Response | None:
    """Find the login; where it is lacking, have the person log in and come back."""
    server, request = authorization.server, authorization.request
    account = current_resource_owner(request, server)
    authorization.account = account
    if account is not None:
        authorization.oauth.user = account.subject
    lack = unmet_requirement(authorization)
    if lack is None:
        return None
    came_back = authorization.awaits_login and account is not None
    if came_back:
        _explain(authorization, lack)
    if "none" in authorization.prompts or came_back or not lack.can_be_met:
        raise lack.error()
    path = resume_url(authorization, _demands_login(authorization, lack))
    return _to_login(authorization, path, lack.reason)


def before_leaving(authorization: Authorization, error: OAuth2Error) -> Response | None:
    """What to show before `error` goes to the client; None where it may go.

    Anybody may register a client and send browsers to it by a wrong request. Nobody is
    redirected there who has not logged in, but for `prompt=none` (RFC 9700 section
    4.11.2).
    """
    request, client = authorization.request, authorization.client
    self_registered = client is not None and client.source == REGISTRATION
    if not self_registered or "none" in authorization.prompts:
        return None
    if current_resource_owner(request, authorization.server) is not None:
        return None
    path = current_path(request)
    if authorization.pending is None:
        if request.method != "GET":  # too long for an address, and wrong
            return error_page(request, error)
        known = authorization.oauth.known
        parameters = known.keep_storable(read_query(request, known.repeatable))
        path = f"{path}?{urlencode(parameters)}"
    return _to_login(authorization, path, "login")


def _to_login(authorization: Authorization, path: str, reason: str) -> Response:
    accounts, request = authorization.server.accounts, authorization.request
    hints = hints_of(authorization)
    return see_other(accounts.login_url(request, path, reason=reason, hints=hints))


def _explain(authorization: Authorization, lack: Requirement) -> None:
    """Tell the operator why a log-in was not the one that the request asked for."""
    account = authorization.account
    log.warning(
        "after a log-in the request still asks for one (%s): the request is of %s, "
        "the adapter's auth_time is %s",
        lack.reason,
        authorization.began,
        account.auth_time if account else None,
    )


def _demands_login(authorization: Authorization, lack: Requirement) -> bool:
    """Whether the login is compared with the moment of the request."""
    return (
        lack.reason != "login"
        or bool(FORCING & authorization.prompts)
        or authorization.requirements.max_age is not None
    )


def hints_of(authorization: Authorization) -> dict[str, str]:
    """What a login page may know of the request, for `Accounts.login_url`."""
    oauth, given = authorization.oauth, authorization.oauth.parameters
    hints = {name: given[name] for name in oauth.known.login_hints if name in given}
    hints.update(authorization.requirements.hints)
    # Who asks: some show it before a log-in (OpenID Connect Registration section 2).
    hints["client_id"] = oauth.client_id or ""
    # Where the browser goes in the end, so that a login page may say so.
    hints["redirect_uri"] = oauth.redirect_uri or ""
    return hints
