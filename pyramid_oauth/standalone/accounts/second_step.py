"""The second step of a login.

A code is one of the app (TOTP) or a recovery code. Whoever must have a second factor
and has none sets one up before the session begins.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.errors import ConfigurationError, TooManyRequests
from pyramid_oauth.i18n import _
from pyramid_oauth.keystore.encryption import Seal
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.standalone.accounts import (
    one_time_passwords,
    passkeys,
    pending_logins,
    remembered_browsers,
    second_factors,
)
from pyramid_oauth.standalone.accounts.adapter import begin_session
from pyramid_oauth.standalone.accounts.authentication_context import (
    BY_CODE,
    MULTI_FACTOR,
    PHISHING_RESISTANT,
    Methods,
    combine,
    has_level,
)
from pyramid_oauth.standalone.accounts.challenges import (
    is_challenge,
    new_challenge,
    use_challenge,
)
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    login_form,
    text,
    too_many_attempts,
)
from pyramid_oauth.standalone.accounts.notices import tell_of_new_browser
from pyramid_oauth.standalone.accounts.passkey_ceremonies import (
    Assertion,
    request_options,
    verify_request,
)
from pyramid_oauth.standalone.accounts.pending_logins import methods_of
from pyramid_oauth.standalone.accounts.relying_party import PARTY, RelyingParty
from pyramid_oauth.standalone.accounts.second_step_codes import SEAL, check_code
from pyramid_oauth.standalone.accounts.sessions import Login
from pyramid_oauth.standalone.accounts.step_up_offers import record_outcome
from pyramid_oauth.standalone.page import add_page, see_other
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

SITE = "standalone.site"
"""The name of the site, which an app shows."""

LIBRARIES = ("pyotp", "segno", "webauthn")

FIRST_STEP = "log in"

SECOND_STEP = "second step"

WRONG_CODE = _("This code is wrong, or was used before. Try the next one.")

PASSKEY_REFUSED = _(
    "The passkey was not accepted, or the page was open for too long. Try it again."
)


def show(request: Request) -> Response:
    """Ask for a code or a passkey, or to set up a second factor (GET)."""
    entry, user = LoginContext.of(request.GET), pending_logins.find(request)
    return _start_again(request, entry) if user is None else _form(request, user, entry)


def attempt(request: Request) -> Response:
    """Begin the session if the code or the passkey is right (POST)."""
    entry, user = LoginContext.of(request.POST), pending_logins.find(request)
    if user is None:
        return _start_again(request, entry)
    if text(request.POST, "credential"):
        assertion = verify_passkey(
            request, SECOND_STEP, user.key_digest, subject=user.subject
        )
        if assertion is None:
            return _form(request, user, entry, 403, problem=PASSKEY_REFUSED)
        return finish(request, user, entry, assertion.amr)
    try:
        is_right = check_code(request, user, text(request.POST, "code"))
    except TooManyRequests as error:
        values = _values(request, user)
        return too_many_attempts(request, "second_step", entry, error.seconds, **values)
    if not is_right:
        return _form(request, user, entry, 403, problem=WRONG_CODE, faulty=("code",))
    if _is_passkey_missing(request, user, entry):
        return _offer_passkey(request, user, entry)
    return finish(request, user, entry, BY_CODE)


def _is_passkey_missing(request: Request, user: Row[Any], entry: LoginContext) -> bool:
    """Whether the application asks for a passkey and the user has none."""
    if entry.need != PHISHING_RESISTANT or request.registry.get(PARTY) is None:
        return False
    return second_factors.find(request.dbsession, user.subject).passkeys == 0


def _offer_passkey(request: Request, user: Row[Any], entry: LoginContext) -> Response:
    """Lead to the page that adds a passkey, with both factors noted as passed."""
    pending_logins.begin(request, user, combine(methods_of(user), BY_CODE))
    path = request.route_path("passkey_setup")
    return see_other(f"{path}?step=login&{entry.query}")


def skip(request: Request) -> Response:
    """Begin the session without the factor that was offered (POST).

    The user has none, or has passed the second step by another one.
    """
    entry, user = LoginContext.of(request.POST), pending_logins.find(request)
    options: StandaloneSettings = request.registry["standalone.options"]
    if user is None:
        return _start_again(request, entry)
    is_needed = second_factors.must_have_one(options, user) or bool(
        second_factors.find(request.dbsession, user.subject)
    )
    if is_needed and not has_level(methods_of(user), MULTI_FACTOR):
        return see_other(f"{request.route_path('second_step')}?{entry.query}")
    pending_logins.end(request)
    tell_of_new_browser(request, user)
    amr = methods_of(user)
    response = begin_session(request, user, entry.next, Login(amr=amr))
    record_outcome(request, entry.need, amr)
    return response


def login_options(request: Request) -> str:
    """Return the options of a login by a passkey alone; "" where there is none."""
    party: RelyingParty | None = request.registry.get(PARTY)
    if party is None:
        return ""
    challenge = new_challenge(request, FIRST_STEP, get_csrf_token(request))
    # The passkey replaces the password too, so it must verify the user.
    return request_options(party, challenge, (), "required")


def finish(
    request: Request, user: Row[Any], entry: LoginContext, second: Methods
) -> Response:
    """End the pending login, begin the session; of parallel requests one succeeds."""
    if not pending_logins.end(request):
        return _start_again(request, entry)
    login = Login(amr=combine(methods_of(user), second))
    tell_of_new_browser(request, user)
    response = begin_session(request, user, entry.next, login)
    record_outcome(request, entry.need, login.amr)
    if text(request.POST, "remember"):
        remembered_browsers.remember(request, response, user)
    return response


def verify_passkey(
    request: Request, purpose: str, binding: str, subject: str | None = None
) -> Assertion | None:
    """Verify the passkey assertion; its challenge is accepted once.

    Args:
        request: The request with the field `credential`.
        purpose: The purpose of the challenge.
        binding: The binding of the challenge.
        subject: Whose passkey it must be; None: the user is found by it, and must have
            been verified, since it replaces the password too.
    """
    party: RelyingParty | None = request.registry.get(PARTY)
    options: StandaloneSettings = request.registry["standalone.options"]
    if party is None:
        return None
    assertion = verify_request(
        request.dbsession,
        party,
        text(request.POST, "credential"),
        lambda challenge: is_challenge(request, purpose, binding, challenge),
        subject=subject,
        must_verify=subject is None or options.user_verification == "required",
    )
    if assertion is None or not use_challenge(request, assertion.challenge):
        return None
    return assertion


def _form(
    request: Request,
    user: Row[Any],
    entry: LoginContext,
    status: int = 200,
    **problem: Any,  # noqa: ANN401 - of the form
) -> Response:
    factors = second_factors.find(request.dbsession, user.subject)
    if not factors:
        options: StandaloneSettings = request.registry["standalone.options"]
        return login_form(
            request,
            "second_step_setup",
            entry,
            has_passkeys=request.registry.get(PARTY) is not None,
            may_skip=not second_factors.must_have_one(options, user),
        )
    values = _values(request, user)
    return login_form(request, "second_step", entry, status=status, **values, **problem)


def _values(request: Request, user: Row[Any]) -> dict[str, Any]:
    """Return what the page of the second step shows."""
    party: RelyingParty | None = request.registry.get(PARTY)
    options: StandaloneSettings = request.registry["standalone.options"]
    known = passkeys.list_passkeys(request.dbsession, user.subject) if party else ()
    passkey_options = ""
    if party and known:
        challenge = new_challenge(request, SECOND_STEP, user.key_digest)
        passkey_options = request_options(
            party, challenge, known, options.user_verification
        )
    app = one_time_passwords.find(request.dbsession, user.subject)
    is_needed = second_factors.must_have_one(options, user)
    return {
        "remember_days": 0 if is_needed else remembered_browsers.days(options),
        "has_app": app is not None,
        "passkey_options": passkey_options,
        "name": user.display_name or user.username,
    }


def _start_again(request: Request, entry: LoginContext) -> Response:
    return see_other(f"{request.route_path('login')}?{entry.query}")


def includeme(config: Configurator) -> None:
    """Add the routes and views, if the setting is on.

    Raises:
        ConfigurationError: A library or the secret for encryption is missing.
    """
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.second_factor == "off":
        return
    name = f"{options.name_prefix}second_factor = {options.second_factor}"
    if not all(map(find_spec, LIBRARIES)):
        raise ConfigurationError(
            f"{name} needs libraries: pip install 'pyramid_oauth[second-factors]'"
        )
    settings = config.registry[SETTINGS]
    keys = key_encryption_keys(settings)
    if not keys:
        raise ConfigurationError(f"{name} needs pyramid_oauth.secret")
    config.registry[SEAL] = Seal(keys, one_time_passwords.PURPOSE)
    config.registry[PARTY] = RelyingParty.of(settings.issuer)
    config.registry[SITE] = urlsplit(settings.issuer).hostname or settings.issuer
    config.add_route("second_step", "/login/second-step")
    config.add_route("second_step_skip", "/login/second-step/skip")
    add_page(config, "second_step", GET=show, POST=attempt)
    add_page(config, "second_step_skip", POST=skip)
