"""Login step: the resource owner at the browser, and redirection to the login page.

OpenID Connect Core section 3.1.2.3. A request may demand a new login, the choice of an
account, a new account or stronger means, though somebody is logged in.
"""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.browser.login_session import (
    current_resource_owner,
    find_owner_with_consent,
)
from pyramid_oauth.endpoints.authorize.authentication_policy import (
    Requirement,
    unmet_requirement,
)
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.pending import resume_url, save_refused_request
from pyramid_oauth.http.forms import read_query
from pyramid_oauth.http.responses import json_object, see_other
from pyramid_oauth.http.urls import current_path

log = logging.getLogger(__name__)

FORCING = frozenset({"login", "create", "select_account"})


def find_resource_owner(authorization: Authorization) -> Response | None:
    """Find the account; redirect to the login page if there is none that will do."""
    account = authorization.account
    # The view that resumes a request has compared its account with the stored one.
    if account is None:
        account, authorization.consent_row = find_owner_with_consent(
            authorization.request,
            authorization.server,
            authorization.oauth.client.client_id,
        )
        authorization.account = account
    if account is not None:
        authorization.oauth.user = account.subject
    unmet = unmet_requirement(authorization)
    if unmet is None:
        return None
    has_logged_in = authorization.awaits_login and account is not None
    if has_logged_in:
        _log_unmet_requirement(authorization, unmet)
    if "none" in authorization.prompts or has_logged_in or not unmet.can_be_met:
        raise unmet.error()
    path = resume_url(authorization, _demands_login(authorization, unmet))
    return _redirect_to_login(authorization, path, unmet.reason)


def before_redirect(
    authorization: Authorization, error: OAuth2Error
) -> Response | None:
    """Return what the browser gets instead of the redirect with `error`, if anything.

    With open registration anybody may register a client and send browsers to it by a
    malformed request. So a browser goes there only after a login, except for
    `prompt=none` (RFC 9700 section 4.11.2).

    Raises:
        TooManyRequests, StaleApplication: the refused request cannot be stored.
    """
    request, client = authorization.request, authorization.oauth.client
    self_registered = client is not None and client.is_self_service
    if not self_registered or "none" in authorization.prompts:
        return None
    if current_resource_owner(request, authorization.server) is not None:
        return None
    path = _path_of_refused(authorization, error)
    return _redirect_to_login(authorization, path, "login")


def _path_of_refused(authorization: Authorization, error: OAuth2Error) -> str:
    """Return the path that leads to the error after a login."""
    request = authorization.request
    path = current_path(request)
    if authorization.pending is not None:
        return path
    if request.method == "GET":
        known = authorization.oauth.known
        parameters = known.keep_storable(read_query(request, known.repeatable))
        if known.private.isdisjoint(parameters):
            return f"{path}?{urlencode(parameters)}"
    return save_refused_request(authorization, error)


def _redirect_to_login(
    authorization: Authorization, path: str, reason: str
) -> Response:
    accounts, request = authorization.server.accounts, authorization.request
    hints = hints_of(authorization)
    url = accounts.login_url(request, path, reason=reason, hints=hints)
    if authorization.answers_json:
        document = {"status": "login_required", "login_url": url, "reason": reason}
        return json_object(request, document)
    return see_other(url)


def _log_unmet_requirement(authorization: Authorization, unmet: Requirement) -> None:
    """Log for the operator why a login did not meet the request."""
    account = authorization.account
    log.warning(
        "after a login the request still needs one (%s): it was stored at %s, the "
        "adapter's auth_time is %s",
        unmet.reason,
        authorization.started_at,
        account.auth_time if account else None,
    )


def _demands_login(authorization: Authorization, unmet: Requirement) -> bool:
    """Whether the time of the login is compared with that of the request."""
    return (
        unmet.reason != "login"
        or bool(FORCING & authorization.prompts)
        or authorization.requirements.max_age is not None
    )


def hints_of(authorization: Authorization) -> dict[str, str]:
    """Return what the login page learns of the request, for `Accounts.login_url`."""
    oauth, sent = authorization.oauth, authorization.oauth.parameters
    hints = {name: sent[name] for name in oauth.known.login_hints if name in sent}
    hints.update(authorization.requirements.hints)
    # Login pages may show the client (OpenID Connect Registration section 2), and
    # where the browser goes in the end.
    hints["client_id"] = oauth.client_id or ""
    hints["redirect_uri"] = oauth.redirect_uri or ""
    return hints
