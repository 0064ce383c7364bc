"""Authentication policy: whether the login at the browser meets the request.

OpenID Connect Core sections 3.1.2.1 (`prompt`, `max_age`), 3.1.2.2 and 5.5.1.1;
Initiating User Registration 1.0 (`create`); OpenID Connect Core Error Code
unmet_authentication_requirements. Only *this* login session counts: a login that is not
later than the request does not meet it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from oauthlib.openid.connect.core.exceptions import (
    AccountSelectionRequired,
    LoginRequired,
)

from pyramid_oauth.accounts import Account
from pyramid_oauth.endpoints.authorize.context import Authorization

log = logging.getLogger(__name__)


class UnmetAuthenticationRequirements(OAuth2Error):
    """No login that was offered reaches the `acr` that the request requires."""

    error = "unmet_authentication_requirements"
    description = "The requested acr was not reached."


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A requirement that the login does not meet.

    Attributes:
        reason: why to log in, one of `pyramid_oauth.accounts.REASONS`.
        error: makes the error for the client where no login can help.
        can_be_met: whether another login can meet it.
    """

    reason: str
    error: Callable[[], OAuth2Error]
    can_be_met: bool = True


def unmet_requirement(authorization: Authorization) -> Requirement | None:
    """Return the first requirement that the login does not meet, or None.

    One new login has to meet all of them, so the most demanding comes first: a new
    account, then stronger means, then any login.
    """
    account, required = authorization.account, authorization.requirements
    if "create" in authorization.prompts and not _is_new(authorization):
        return Requirement(reason="create", error=_login_required)
    if required.acrs and not _has_acr(account, required.acrs):
        return _too_weak(authorization)
    if account is not None and _can_step_up(authorization, account):
        return Requirement(reason="step_up", error=_login_required)
    if account is None:
        return Requirement(reason=_first_reason(authorization), error=_login_required)
    if not _is_recent(authorization, account):
        return Requirement(reason="reauthenticate", error=_login_required)
    if not _is_expected(authorization, account):
        return Requirement(reason="reauthenticate", error=_login_required)
    if "select_account" in authorization.prompts and not _is_selected(authorization):
        return Requirement(reason="select_account", error=AccountSelectionRequired)
    return None


def _has_acr(account: Account | None, acrs: Iterable[str]) -> bool:
    return account is not None and account.choose_acr(acrs) is not None


def _can_step_up(authorization: Authorization, account: Account) -> bool:
    """Whether a voluntary class is worth a login, to which the request leads once."""
    preferred = authorization.requirements.preferred_acrs
    if not preferred or authorization.requirements.acrs or authorization.awaits_login:
        return False
    if "none" in authorization.prompts or account.choose_acr(preferred) is not None:
        return False
    accounts = authorization.server.accounts
    return accounts.can_step_up(authorization.request, account, preferred)


def _first_reason(authorization: Authorization) -> str:
    """The reason without a login: an account chooser may know a remembered one."""
    chooses = "select_account" in authorization.prompts
    return "select_account" if chooses and not _is_forced(authorization) else "login"


def _login_required() -> OAuth2Error:
    return LoginRequired(
        description="The resource owner has not logged in as the request demands."
    )


def _too_weak(authorization: Authorization) -> Requirement:
    silent = "none" in authorization.prompts
    return Requirement(
        reason="step_up",
        error=_login_required if silent else UnmetAuthenticationRequirements,
        can_be_met=authorization.requirements.can_reach_acrs,
    )


def _is_recent(authorization: Authorization, account: Account) -> bool:
    """Whether the login is recent enough (`prompt=login`, `max_age`)."""
    required = authorization.requirements
    is_forced = _is_forced(authorization)
    if not is_forced and required.max_age is None and not required.auth_time:
        return True
    if account.auth_time is None:
        if authorization.awaits_login:
            log.warning(
                "login_required: the accounts adapter gives no auth_time, without "
                "which a new login cannot be distinguished from an old one"
            )
        return False
    if is_forced:
        return _is_new(authorization)
    if required.max_age is None:
        return True
    # The age when the request arrived; the time that its pages took does not count.
    arrived_at = authorization.started_at or authorization.oauth.now
    return account.auth_time >= arrived_at - timedelta(seconds=required.max_age)


def _is_forced(authorization: Authorization) -> bool:
    """Whether a new login is required; `max_age=0` requires one too."""
    return "login" in authorization.prompts or authorization.requirements.max_age == 0


def _is_expected(authorization: Authorization, account: Account) -> bool:
    """Whether the request may be granted for this account (section 3.1.2.2)."""
    accepts = authorization.requirements.accepts
    return accepts is None or accepts(account)


def _is_new(authorization: Authorization) -> bool:
    """Whether the login is later than the request."""
    account = authorization.account
    return account is not None and _is_later(authorization, account.auth_time)


def _is_selected(authorization: Authorization) -> bool:
    """Whether an account was selected, or logged in to, after the request."""
    account = authorization.account
    chosen = account is not None and _is_later(authorization, account.selected_at)
    return chosen or _is_new(authorization)


def _is_later(authorization: Authorization, moment: datetime | None) -> bool:
    start = authorization.started_at
    return start is not None and moment is not None and moment > start
