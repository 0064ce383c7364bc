"""The settings of the ready-made server: names that begin with `standalone.`."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from pyramid_oauth.config.secret_checks import is_issuer_local
from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings import PREFIX, Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import SECRET_HELP
from pyramid_oauth.settings.secret_strength import find_weakness
from pyramid_oauth.standalone.accounts.authentication_context import (
    AuthenticationClasses,
)
from pyramid_oauth.throttling import PasswordLimits

DEMONSTRATION = (
    f"Where the whole server is a demonstration: {PREFIX}allow_known_secrets = true"
)

SEPARATE = ("standalone.mail.",)
"""Prefixes that have a section of their own."""


def may_have_known_secrets(settings: Mapping[str, Any]) -> bool:
    """Whether secrets may be known: at a local issuer, or if the setting allows it."""
    issuer = to.optional_issuer(settings.get(f"{PREFIX}issuer"))
    accepted = to.boolean(settings.get(f"{PREFIX}allow_known_secrets", False))
    return accepted or is_issuer_local(issuer)


def _optional_secret(value: object) -> bytes:
    return to.secret(value) if value else b""


OPEN, INVITATION, CLOSED = "open", "invitation", "closed"
"""Who may make an account (`sign_up`)."""

NOTICES = ("access", "login", "password", "replay", "second_factor")
"""What users are told of: an application that may do something new; a login in a
browser that was not used before; a new password; a code or token that was presented
twice; a passkey or an app that was added or removed."""


def _notices(value: to.Items) -> tuple[str, ...]:
    return tuple(to.choice(*NOTICES)(name) for name in to.words(value))


@dataclass(frozen=True, kw_only=True)
class StandaloneSettings(Section):
    """The settings section of the ready-made server."""

    name_prefix: ClassVar[str] = "standalone."

    session_secret: bytes = setting(
        _optional_secret,
        b"",
        "Signs the session cookie: at least 32 random bytes.",
        secret=True,
    )
    development: bool = setting(
        to.boolean, False, "Show the demo passwords, load the demo data."
    )
    session_lifetime: int = setting(
        to.seconds, 12 * 3600, "Seconds after which a login ends."
    )
    session_idle: int = setting(
        to.seconds, 2 * 3600, "Seconds without a request after which a login ends."
    )
    login_attempts: int = setting(
        to.integer(1, 1000),
        8,
        "Failures of one user name from one address, and sign-ups from one address, "
        "within `login_window`.",
    )
    address_attempts: int = setting(
        to.integer(1, 100_000),
        100,
        "Failures from one address within `login_window`, whatever the user names.",
    )
    name_attempts: int = setting(
        to.integer(1, 100_000),
        100,
        "Failures of one user name within `login_window`, whatever the addresses; "
        "browsers in which the user has logged in before are exempt.",
    )
    login_window: int = setting(
        to.seconds, 15 * 60, "Seconds in which failed logins are counted."
    )
    strict_transport_security: int = setting(
        to.seconds,
        0,
        "Seconds for which browsers use https alone for this host (RFC 6797); 0 sends "
        "no header. Other applications of the host are bound by it too.",
    )
    sign_up: str = setting(
        to.choice(OPEN, INVITATION, CLOSED),
        CLOSED,
        "Who may make an account: `open`, every visitor; `invitation`, who has a link "
        "of `pyramid-oauth user invite`; `closed`, nobody.",
    )
    invitation_lifetime: int = setting(
        to.seconds, 7 * 86400, "Seconds for which an invitation works."
    )
    mail_lifetime: int = setting(
        to.seconds, 86400, "Seconds for which a link that verifies an address works."
    )
    reset_lifetime: int = setting(
        to.seconds, 1800, "Seconds for which the link for a new password works."
    )
    link_attempts: int = setting(
        to.integer(1, 1000),
        3,
        "Links by mail that can be asked for one account, or to one mail address, "
        "within `link_window`.",
    )
    link_source_attempts: int = setting(
        to.integer(1, 100_000), 20, "The same from one network address, for all."
    )
    link_window: int = setting(
        to.seconds, 3600, "Seconds in which links by mail are counted."
    )
    reset_ends_grants: bool = setting(
        to.boolean,
        False,
        "Whether a new password by mail ends the access of all applications, too.",
    )
    notices: tuple[str, ...] = setting(
        _notices,
        NOTICES,
        "What users are told by mail, at a verified address: of new `access` of an "
        "application, a `login` in a new browser, a new `password`, a `replay` of a "
        "code or token, a changed `second_factor`.",
    )
    second_factor: str = setting(
        to.choice("off", "optional", "administrators", "required"),
        "off",
        "Passkeys, one-time passwords of an app, and recovery codes: `optional` lets "
        "users have them, and asks for one at each login of a user who has; "
        "`administrators` makes administrators set one up, and `required` everybody. "
        "Needs the extra `second-factors`.",
    )
    confirm_first_factor: bool = setting(
        to.boolean,
        True,
        "Let only who follows a link in a mail add the first passkey or app of an "
        "account with a verified address, so that the password alone does not do. "
        "Needs mail.",
    )
    remember_browser: int = setting(
        to.integer(0, 90 * 86400),
        0,
        "Seconds for which users may let a browser go without the second step; 0 "
        "offers it to nobody. It does not count where the settings or an application "
        "ask for two factors.",
    )
    user_verification: str = setting(
        to.choice("preferred", "required"),
        "preferred",
        "Whether a passkey after the password must have verified the user, by PIN or "
        "biometrics; one that replaces the password always must.",
    )
    acr_values: AuthenticationClasses = setting(
        lambda value: AuthenticationClasses.parse(to.table(value)),
        AuthenticationClasses(),
        "The `acr` of a login by its level, one a line: `password`, `mfa` and "
        "`phishing_resistant` (two factors, one of them a passkey).",
    )
    fresh_login: int = setting(
        to.seconds,
        10 * 60,
        "Seconds after a login in which passkeys and the app may be changed.",
    )
    factor_change_ends_sessions: bool = setting(
        to.boolean,
        True,
        "Log the user out in every other browser when a passkey or an app is added or "
        "removed.",
    )
    applications_api: bool = setting(
        to.boolean,
        False,
        "Include the JSON API of applications, beside the pages.",
    )
    statement_timeout: int = setting(
        to.seconds,
        10,
        "Seconds after which PostgreSQL gives up a statement; 0 leaves it to the "
        "database. Not set where `prepared_statements` is off: behind a pooler a "
        "session of the database has other users.",
    )
    lock_timeout: int = setting(
        to.seconds,
        3,
        "Seconds for which PostgreSQL waits for a lock, like `statement_timeout`.",
    )
    prepared_statements: bool = setting(
        to.boolean,
        True,
        "False where a pooler in front of PostgreSQL does not know prepared "
        "statements.",
    )

    @property
    def password_limits(self) -> PasswordLimits:
        """The limits of a login."""
        return PasswordLimits(
            attempts=self.login_attempts,
            source_attempts=self.address_attempts,
            name_attempts=self.name_attempts,
            window=self.login_window,
        )

    @property
    def code_limits(self) -> PasswordLimits:
        """The limits of codes: fewer, since all of them are short."""
        attempts = self.login_attempts
        return replace(self.password_limits, name_attempts=3 * attempts)

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Self:
        """Parse the `standalone.` names of `settings`.

        Raises:
            ConfigurationError: A name is unknown, a value is malformed, or the session
                secret is missing or weak, or demo data would be shown to the public.
        """
        parsed = super().parse(
            {
                name: value
                for name, value in settings.items()
                if not name.startswith(SEPARATE)
            }
        )
        public = not may_have_known_secrets(settings)
        if parsed.development and public:
            raise ConfigurationError(
                f"{cls.name_prefix}development shows demo passwords, at an issuer that "
                f"others can reach. {DEMONSTRATION}"
            )
        if parsed.development:
            warnings.warn(
                f"{cls.name_prefix}development is on: the demo passwords are public",
                InsecureSettingWarning,
                stacklevel=3,
            )
        return replace(parsed, session_secret=parsed._checked_secret(public))

    def _checked_secret(self, public: bool) -> bytes:
        name = f"{self.name_prefix}session_secret"
        if not self.session_secret:
            if self.development:
                # A secret of this process alone; a restart logs everybody out.
                return secrets.token_bytes(32)
            raise ConfigurationError(
                f"{name} is missing: give at least 32 random bytes, as env:NAME or "
                "file:PATH"
            )
        weakness = find_weakness(self.session_secret)
        if weakness and public:
            raise ConfigurationError(f"{name} {weakness}. {SECRET_HELP}")
        return self.session_secret
