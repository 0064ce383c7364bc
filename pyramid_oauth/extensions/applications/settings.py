"""Settings of the pages on which people register and manage applications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import fatal

EVERY_SCOPE = "*"

EVERYONE, ADMINISTRATORS = "everyone", "administrators"


@dataclass(frozen=True, kw_only=True)
class ApplicationsSettings(Section):
    """Who may register applications on a page, and which options owners have."""

    application_registration: str = setting(
        to.choice(EVERYONE, ADMINISTRATORS),
        EVERYONE,
        "Who may register applications on the page `applications`: `everyone` who is "
        "logged in, or `administrators`.",
    )
    applications_per_owner: int = setting(
        to.integer(0, 100_000),
        20,
        "Applications that one user may own, and register within an hour; 0 means no "
        "limit. Administrators have none.",
    )
    application_grant_types: tuple[str, ...] = setting(
        to.words,
        ("authorization_code", "refresh_token"),
        "Grant types that owners may choose, as far as the server offers them; with "
        "`client_credentials` their applications get tokens by themselves.",
    )
    application_scopes: tuple[str, ...] = setting(
        to.words,
        (EVERY_SCOPE,),
        "Scopes for which the applications of owners may ask users; `*` means every "
        "scope of the server.",
    )
    application_secret_overlap: int = setting(
        to.seconds,
        86400,
        "Seconds for which the former secret is accepted after a new one was made.",
    )
    application_secret_lifetime: int = setting(
        to.seconds,
        0,
        "Seconds until a secret that a page or the API has shown expires; 0: never.",
    )

    @property
    def secret_lifetime(self) -> timedelta | None:
        """How long a new secret is accepted; None: without an end."""
        seconds = self.application_secret_lifetime
        return timedelta(seconds=seconds) if seconds else None


def _has_unreachable_registration(server: Server) -> bool:
    section = server.settings[ApplicationsSettings]
    is_closed = section.application_registration == ADMINISTRATORS
    return is_closed and not server.settings.administrators


CHECKS = (
    fatal(
        "E070",
        "application_registration",
        _has_unreachable_registration,
        "= administrators, but pyramid_oauth.administrators names none: nobody could "
        "register an application on the page",
        Server,
    ),
)
