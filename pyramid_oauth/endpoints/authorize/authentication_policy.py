"""Whether the login at the browser is what the request demands.

OpenID Connect Core sections 3.1.2.1 (`prompt`, `max_age`), 3.1.2.2 and 5.5.1.1;
Initiating User Registration 1.0 (`create`); OpenID Connect Core Error Code
unmet_authentication_requirements. Only what *this session* proves counts: a login that
is not younger than the request does not answer it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error, OAuth2Error
from oauthlib.openid.connect.core.exceptions import (
    AccountSelectionRequired,
    LoginRequired,
)

from pyramid_oauth.accounts import Account
from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.context import Authorization

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a login lacks: why to log in, and the error where that is no way out.

    `reason` is one of `pyramid_oauth.accounts.REASONS`.
    """

    reason: str
    error: Callable[[], OAuth2Error]
    can_be_met: bool = True


def unmet_requirement(authorization: Authorization) -> Requirement | None:
    """The first thing that this login lacks, or None.

    One login answers all of them, so the order is that of what it has to bring: a new
    account before stronger means, these before a mere login.
    """
    account, required = authorization.account, authorization.requirements
    if "create" in authorization.prompts and not _is_new(authorization):
        return Requirement(reason="create", error=_login_required)
    if required.acrs and (account is None or account.acr not in required.acrs):
        return _too_weak(authorization)
    if account is None:
        return Requirement(reason=_first_reason(authorization), error=_login_required)
    if not _is_recent(authorization, account):
        return Requirement(reason="reauthenticate", error=_login_required)
    if not _is_expected(authorization, account):
        return Requirement(reason="reauthenticate", error=_login_required)
    if "select_account" in authorization.prompts and not _is_selected(authorization):
        return Requirement(reason="select_account", error=AccountSelectionRequired)
    return None


def _first_reason(authorization: Authorization) -> str:
    """Why nobody logs in: a choice of account may find one that is remembered."""
    chooses = "select_account" in authorization.prompts
    return "select_account" if chooses and not _is_forced(authorization) else "login"


def _login_required() -> OAuth2Error:
    return LoginRequired()


def _too_weak(authorization: Authorization) -> Requirement:
    silent = "none" in authorization.prompts
    return Requirement(
        reason="step_up",
        error=_login_required if silent else _unmet,
        can_be_met=authorization.requirements.can_reach_acrs,
    )


def _unmet() -> OAuth2Error:
    error: OAuth2Error = CustomOAuth2Error("unmet_authentication_requirements")
    error.description = "The requested acr was not reached."
    return error


def _is_recent(authorization: Authorization, account: Account) -> bool:
    """Whether the session is young enough (`prompt=login`, `max_age`)."""
    required, began = authorization.requirements, authorization.began
    oldest = began or now()
    anew = _is_forced(authorization)
    if not anew and required.max_age is None and not required.auth_time:
        return True
    if account.auth_time is None:
        if authorization.awaits_login:
            log.warning(
                "login_required: the accounts adapter gives no auth_time, without "
                "which a fresh login cannot be told from an old one"
            )
        return False
    if anew:
        return _is_new(authorization)
    if required.max_age is None:
        return True
    # The age at which the session came to the request, not that after its pages.
    return account.auth_time >= oldest - timedelta(seconds=required.max_age)


def _is_forced(authorization: Authorization) -> bool:
    """Whether only a new login will do; `max_age=0` says so too."""
    return "login" in authorization.prompts or authorization.requirements.max_age == 0


def _is_expected(authorization: Authorization, account: Account) -> bool:
    """Whether a positive answer may be about this person (section 3.1.2.2)."""
    accepts = authorization.requirements.accepts
    return accepts is None or accepts(account)


def _is_new(authorization: Authorization) -> bool:
    """Whether somebody logged in since the request began."""
    account = authorization.account
    return account is not None and _since(authorization, account.auth_time)


def _is_selected(authorization: Authorization) -> bool:
    """Whether an account was chosen, or logged in to, since the request began."""
    account = authorization.account
    chosen = account is not None and _since(authorization, account.selected_at)
    return chosen or _is_new(authorization)


def _since(authorization: Authorization, moment: datetime | None) -> bool:
    began = authorization.began
    return began is not None and moment is not None and moment > began
