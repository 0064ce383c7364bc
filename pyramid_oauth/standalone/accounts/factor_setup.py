"""The pages on which a user adds an app or a passkey, during a login or later."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.errors import TooManyRequests
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.request import Parameters
from pyramid_oauth.keystore.encryption import Seal
from pyramid_oauth.standalone.accounts import (
    first_factor,
    one_time_passwords,
    passkeys,
    pending_logins,
    recovery_codes,
    second_factors,
    trusted_browsers,
)
from pyramid_oauth.standalone.accounts.adapter import begin_session, session_of
from pyramid_oauth.standalone.accounts.authentication_context import (
    BY_CODE,
    MULTI_FACTOR,
    Methods,
    by_passkey,
    combine,
    has_level,
)
from pyramid_oauth.standalone.accounts.challenges import (
    is_challenge,
    new_challenge,
    use_challenge,
)
from pyramid_oauth.standalone.accounts.factor_changes import (
    APP,
    PASSKEY,
    record_addition,
)
from pyramid_oauth.standalone.accounts.fresh_login import ask_for_fresh_login, is_fresh
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    login_form,
    text,
    too_many_attempts,
)
from pyramid_oauth.standalone.accounts.passkey_ceremonies import (
    creation_options,
    verify_creation,
)
from pyramid_oauth.standalone.accounts.pending_logins import methods_of
from pyramid_oauth.standalone.accounts.relying_party import PARTY, RelyingParty
from pyramid_oauth.standalone.accounts.second_step import (
    PASSKEY_REFUSED,
    SITE,
    WRONG_CODE,
)
from pyramid_oauth.standalone.accounts.second_step_codes import SEAL
from pyramid_oauth.standalone.accounts.sessions import Login
from pyramid_oauth.standalone.accounts.users import canonical
from pyramid_oauth.standalone.page import add_page, see_other
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings
from pyramid_oauth.throttling import SECOND_FACTOR, password_attempt

with suppress(ImportError):  # includeme reports the missing extra `second-factors`
    import segno

CREATION = "new passkey"

DURING_LOGIN = "login"
"""The value of the field `step` while a user sets up a factor to log in."""

UNNAMED = _("Passkey")


@dataclass(frozen=True, slots=True)
class Setup:
    """The user who adds a factor, and the state of the login.

    Attributes:
        user: The login session, or the pending login, with its user.
        entry: The URL that follows the login.
        is_pending: Whether the session begins only after the factor is added.
        may_skip: Whether the user has passed the second step by another factor.
    """

    user: Row[Any]
    entry: LoginContext
    is_pending: bool
    may_skip: bool = False

    @property
    def fields(self) -> Mapping[str, str]:
        """The hidden fields of the forms."""
        step = {"step": DURING_LOGIN} if self.is_pending else {}
        return {**self.entry.fields, **step}


def _find_setup(request: Request, given: Parameters) -> Setup | Response:
    """Return the setup, or what leads to the missing step of the login."""
    entry = LoginContext.of(given)
    if text(given, "step") == DURING_LOGIN:
        pending = pending_logins.find(request)
        if pending is None:
            return see_other(f"{request.route_path('login')}?{entry.query}")
        has_passed = has_level(methods_of(pending), MULTI_FACTOR)
        if not has_passed and second_factors.find(request.dbsession, pending.subject):
            return see_other(f"{request.route_path('second_step')}?{entry.query}")
        way_back = f"{request.route_path('second_step')}?{entry.query}"
        setup = Setup(pending, entry, is_pending=True, may_skip=has_passed)
        return (
            first_factor.ask_to_confirm(request, setup.user.subject, way_back) or setup
        )
    here = session_of(request)
    if here is None or not is_fresh(request, here):
        return ask_for_fresh_login(request)
    way_back, setup = request.route_path("two_step"), Setup(here, entry, False)
    return first_factor.ask_to_confirm(request, here.subject, way_back) or setup


def start_app(request: Request) -> Response:
    """Generate a secret and show it once (POST)."""
    setup = _find_setup(request, request.POST)
    if isinstance(setup, Response):
        return setup
    seal: Seal = request.registry[SEAL]
    user = setup.user
    secret = one_time_passwords.start(request.dbsession, seal, user.subject)
    if secret is None:
        return see_other(request.route_path("two_step"))
    site = request.registry[SITE]
    uri = one_time_passwords.provisioning_uri(secret, user.username, site)
    return _app_form(request, setup, secret=secret, picture=_draw(uri))


def confirm_app(request: Request) -> Response:
    """Enable the app if its first code is correct (POST)."""
    setup = _find_setup(request, request.POST)
    if isinstance(setup, Response):
        return setup
    try:
        is_right = _confirm(request, setup, text(request.POST, "code"))
    except TooManyRequests as error:
        return too_many_attempts(
            request, "app_setup", setup.entry, error.seconds, **_app_values(setup)
        )
    if not is_right:
        return _app_form(
            request, setup, status=403, problem=WRONG_CODE, faulty=("code",)
        )
    return _finish(request, setup, APP, BY_CODE)


def _confirm(request: Request, setup: Setup, code: str) -> bool:
    options: StandaloneSettings = request.registry["standalone.options"]
    name, seal = canonical(setup.user.username), request.registry[SEAL]
    with password_attempt(
        request,
        request.oauth.server,
        name,
        options.code_limits,
        is_known_browser=trusted_browsers.is_trusted(request, name),
        secret=SECOND_FACTOR,
    ) as attempt:
        attempt.succeeded = one_time_passwords.confirm(
            request.dbsession, seal, setup.user.subject, "".join(code.split())
        )
    return attempt.succeeded


def show_passkey(request: Request) -> Response:
    """Show the button that makes a passkey (GET)."""
    setup = _find_setup(request, request.GET)
    return setup if isinstance(setup, Response) else _passkey_form(request, setup)


def add_passkey(request: Request) -> Response:
    """Store the passkey that the browser has made (POST)."""
    setup = _find_setup(request, request.POST)
    if isinstance(setup, Response):
        return setup
    party: RelyingParty = request.registry[PARTY]
    options: StandaloneSettings = request.registry["standalone.options"]
    user, session = setup.user, request.dbsession
    created = verify_creation(
        party,
        text(request.POST, "credential"),
        lambda found: is_challenge(request, CREATION, user.key_digest, found),
        must_verify=options.user_verification == "required",
    )
    if created is None:
        return _passkey_form(request, setup, status=403, problem=PASSKEY_REFUSED)
    values, challenge, is_verified = created
    name = _clean_name(text(request.POST, "name")) or request.localizer.translate(
        UNNAMED
    )
    values |= {"subject": user.subject, "name": name}
    count = second_factors.find(session, user.subject).passkeys
    is_full = count >= passkeys.MAX_PASSKEYS
    if is_full or not (
        use_challenge(request, challenge) and passkeys.add(session, values)
    ):
        return _passkey_form(request, setup, status=403, problem=PASSKEY_REFUSED)
    amr = by_passkey(user_verified=is_verified, is_synced=values["is_synced"])
    return _finish(request, setup, PASSKEY, amr)


def _clean_name(name: str) -> str:
    plain = "".join(filter(str.isprintable, name))
    return plain.strip()[: passkeys.MAX_NAME_LENGTH]


def _finish(request: Request, setup: Setup, kind: str, second: Methods) -> Response:
    """Record the factor, and begin a session that includes its methods.

    The user has just used the factor, so it counts for the new session.
    """
    user, session = setup.user, request.dbsession
    if setup.is_pending and not pending_logins.end(request):
        return see_other(request.route_path("login"))
    first_factor.end_confirmation(request, user.subject)
    former = session_of(request)
    if former is not None and former.subject != user.subject:
        former = None
    here = "" if former is None else former.key_digest
    record_addition(request, user.subject, kind, here)
    login = Login(
        amr=combine(methods_of(user), second),
        auth_time=None if setup.is_pending else user.auth_time,
    )
    way_on = setup.entry.next if setup.is_pending else request.route_path("two_step")
    if recovery_codes.count(session, user.subject) == 0:
        query = urlencode({"next": way_on})
        way_on = f"{request.route_path('recovery_codes')}?{query}"
    return begin_session(request, user, way_on, login)


def _app_values(setup: Setup) -> dict[str, Any]:
    return {"fields": setup.fields, "secret": "", "picture": ""}


def _app_form(request: Request, setup: Setup, **values: Any) -> Response:  # noqa: ANN401 - of the template
    values = {**_app_values(setup), **values}
    return login_form(request, "app_setup", setup.entry, **values)


def _passkey_form(request: Request, setup: Setup, **values: Any) -> Response:  # noqa: ANN401 - of the template
    options: StandaloneSettings = request.registry["standalone.options"]
    user = setup.user
    challenge = new_challenge(request, CREATION, user.key_digest)
    made = creation_options(
        request.registry[PARTY],
        user,
        challenge,
        passkeys.list_passkeys(request.dbsession, user.subject),
        options.user_verification,
    )
    return login_form(
        request,
        "passkey_setup",
        setup.entry,
        fields=setup.fields,
        passkey_options=made,
        most=passkeys.MAX_NAME_LENGTH,
        may_skip=setup.may_skip,
        **values,
    )


def _draw(uri: str) -> Markup:
    """Return a QR code as an SVG element, dark on light in any color scheme."""
    code = segno.make(uri, error="m", micro=False)
    svg: str = code.svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(svg)  # noqa: S704 - of our own library, no text of others


def includeme(config: Configurator) -> None:
    """Add the routes and views, if the setting is on."""
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.second_factor == "off":
        return
    config.add_route("app_setup", "/two-step/app")
    config.add_route("app_confirm", "/two-step/app/confirm")
    add_page(config, "app_setup", POST=start_app)
    add_page(config, "app_confirm", POST=confirm_app)
    if config.registry[PARTY] is not None:
        config.add_route("passkey_setup", "/two-step/passkey")
        add_page(config, "passkey_setup", GET=show_passkey, POST=add_passkey)
