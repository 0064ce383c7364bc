"""The implicit grant and the password grant, for the `legacy` profile.

RFC 6749 sections 4.2 and 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Never

from oauthlib.common import Request
from oauthlib.oauth2 import ResourceOwnerPasswordCredentialsGrant
from oauthlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.credentials import add_grant, store_tokens
from pyramid_oauth.protocol.grants.grant_type import IssuingGrant, ResponseType
from pyramid_oauth.protocol.issuance import TokenHandler, announce
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import warning
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.server import ServerSettings
from pyramid_oauth.throttling import PasswordLimits, password_attempt


@dataclass(frozen=True, kw_only=True)
class LegacyGrantSettings(Section):
    """Rate limits of wrong passwords at the token endpoint."""

    password_attempts: int = setting(
        to.integer(1, 1000),
        8,
        "Failures of one user name from one source within `password_window`, by the "
        "password grant and at the login page of the ready-made server together.",
    )
    password_source_attempts: int = setting(
        to.integer(1, 100_000),
        100,
        "Failures of one client from one source within `password_window`, whatever "
        "the user names.",
    )
    password_name_attempts: int = setting(
        to.integer(1, 100_000),
        100,
        "Failures of one user name within `password_window`, whatever the sources.",
    )
    password_window: int = setting(
        to.seconds, 15 * 60, "Seconds in which wrong passwords are counted."
    )

    @property
    def limits(self) -> PasswordLimits:
        """The limits of the password grant."""
        return PasswordLimits(
            attempts=self.password_attempts,
            source_attempts=self.password_source_attempts,
            name_attempts=self.password_name_attempts,
            window=self.password_window,
        )


class Implicit(ResponseType):
    """An access token from the authorization endpoint."""

    response_types: list[str] = ["token"]

    def create_members(
        self, request: OAuthRequest, token_handler: TokenHandler, **values: object
    ) -> dict[str, str]:
        """Issue the grant and its token; return the members of the response."""
        draft = token_handler.draft(request, "implicit")
        add_grant(request, draft.grant_id, **values)
        store_tokens(request, draft)
        announce(request, draft)
        return {name: str(value) for name, value in draft.response.items()}

    def create_token_response(self, request: Request, token_handler: object) -> Never:
        """Refuse: the implicit grant has no token request."""
        raise UnsupportedGrantTypeError(request=request)


class ResourceOwnerValidation:
    """Check the password of the resource owner."""

    def validate_user(
        self, username: str, password: str, client: object, request: OAuthRequest
    ) -> bool:
        """Return whether the password is right; set `request.user` to the subject.

        Raises TooManyRequests (RFC 6749 section 4.3.2).
        """
        server = request.server
        accounts, pyramid_request = server.accounts, request.pyramid
        limits = server.settings[LegacyGrantSettings].limits
        client_id = request.client.client_id
        with password_attempt(
            pyramid_request, server, username, limits, client_id=client_id
        ) as attempt:
            subject = accounts.authenticate_password(
                pyramid_request, username, password
            )
            if subject is not None and accounts.is_active(pyramid_request, subject):
                request.user = subject
                attempt.succeeded = True
        return attempt.succeeded


class Password(IssuingGrant, ResourceOwnerPasswordCredentialsGrant):
    """The resource owner password credentials grant (RFC 6749 section 4.3)."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)

    def validate_token_request(self, request: Request) -> None:
        """Authenticate the client and check its grant types before the password.

        oauthlib checks the password first, which would tell a client without this
        grant whether the password is right.
        """
        self.validate_client_authentication(request)
        self.validate_grant_type(request)
        ResourceOwnerPasswordCredentialsGrant.validate_token_request(self, request)


CHECKS = (
    Check(
        "W108",
        "grant_types",
        lambda settings: "implicit" in settings.grant_types,
        "offers implicit: tokens in URLs (RFC 9700 section 2.1.2)",
        severity=Severity.NOTICE,
        section=ServerSettings,
    ),
    warning(
        "W109",
        "grant_types",
        lambda settings: "password" in settings.grant_types,
        "offers password: clients see passwords (RFC 9700 section 2.4)",
        ServerSettings,
    ),
)


def includeme(config: Configurator) -> None:
    """Register both grants, the response type `token` and the check of a password."""
    config.include("pyramid_oauth.repositories.rate_limits")
    config.add_oauth_settings(LegacyGrantSettings)
    config.add_oauth_parameter("username", endpoints=("token",))
    config.add_oauth_parameter("password", endpoints=("token",), credential=True)
    config.add_oauth_check(*CHECKS)
    config.add_oauth_grant("password", Password)
    config.add_oauth_grant("implicit", Implicit)
    config.add_oauth_response_type("token", Implicit, grant_types=("implicit",))
    config.add_oauth_request_validation(ResourceOwnerValidation)
