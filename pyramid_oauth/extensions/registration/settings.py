"""Settings of client registration (RFC 7591, RFC 7592)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.clients.self_registration import EVERY_SCOPE, MetadataLimits
from pyramid_oauth.config.checks import unpublished_scopes
from pyramid_oauth.extensions.openid.standard_scopes import STANDARD
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.models.contract import required_without_default
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import fatal, is_set_to, warning
from pyramid_oauth.settings.checks import Check, Severity


@dataclass(frozen=True, kw_only=True)
class RegistrationSettings(Section):
    """Who may register clients, and which scopes and grant types they may have."""

    registration: Any = setting(
        to.choice_or_dotted("off", "open", "initial_access_token"),
        "off",
        "Who may register clients (RFC 7591): nobody (`off`), everybody (`open`), "
        "holders of an initial access token (`initial_access_token`), or clients for "
        "which a callable `(request, metadata)`, given by its dotted name, returns "
        "true; it may change the metadata.",
    )
    registration_approval: str = setting(
        to.choice("none", "required"),
        "none",
        "`required`: a client that registers itself is disabled until an administrator "
        "approves it on the pages of the extension `administration`, or enables it by "
        "command.",
    )
    registration_scopes: tuple[str, ...] = setting(
        to.words,
        tuple(STANDARD),
        "Scopes that registered clients may have, as far as the server has them: by "
        "default those of OpenID Connect and none of yours. `*` means every scope of "
        "the server.",
    )
    registration_all_scopes: bool = setting(
        to.boolean,
        False,
        "Register every client for all of `registration_scopes`, whatever its `scope` "
        "names. For clients that name the scopes of their first request there and ask "
        "for more later, as those of the Model Context Protocol do.",
    )
    registration_drop_redirect_uris: bool = setting(
        to.boolean,
        False,
        "Leave out redirect URIs that are refused, if another one of the same client "
        "remains; otherwise the client is refused, and the error names them.",
    )
    registration_grant_types: tuple[str, ...] = setting(
        to.words,
        ("authorization_code", "implicit", "refresh_token"),
        "Grant types that registered clients may have, as far as the server offers "
        "them; with `client_credentials` a registered client gets tokens by itself.",
    )
    registration_strict: bool = setting(
        to.boolean,
        False,
        "Refuse a registration that asks for response or grant types which are not "
        "offered, even where `code` is left without them (RFC 7591 section 3.2.1).",
    )
    registration_limit: int = setting(
        to.integer(0, 1_000_000),
        20,
        "Registrations and refused updates per source and hour; 0 means no limit.",
    )
    registration_token_attempts: int = setting(
        to.integer(0, 1_000_000),
        20,
        "Wrong initial and registration access tokens per source and hour; 0 means no "
        "limit.",
    )
    registration_unused_lifetime: int = setting(
        to.seconds,
        30 * 86400,
        "Seconds after which `purge` deletes a registered client that has no live "
        "token, grant or consent; 0 keeps them.",
    )
    registration_secret_lifetime: int = setting(
        to.seconds, 0, "Seconds until a registered secret expires; 0 means never."
    )
    software_statement_issuers: Mapping[str, str] = setting(
        to.table,
        {},
        "Issuers of trusted software statements (RFC 7591 section 2.3), one `issuer = "
        "JWKS` per line; the JWKS is an https URL or `file:PATH`.",
    )
    software_statement_algorithms: tuple[str, ...] = setting(
        to.words,
        ASYMMETRIC_SIGNING,
        "The accepted signature algorithms of software statements; only asymmetric "
        "ones.",
    )


def _required_without_default(server: Server) -> Iterator[str]:
    if server.settings[RegistrationSettings].registration == "off":
        return
    # A column that stores a member of the metadata makes that member required.
    registered = server.application_rules.schema.columns
    for name in required_without_default(server.models.Application):
        if name in registered:
            continue
        yield f"{name} of {server.models.Application.__name__}"


def _unpublished_scopes(server: Server) -> Iterator[str]:
    names = server.settings[RegistrationSettings].registration_scopes
    return unpublished_scopes(
        server, [name for name in names if name != EVERY_SCOPE and name not in STANDARD]
    )


def metadata_limits(settings: Settings) -> MetadataLimits:
    """Return what clients that register themselves may state."""
    section = settings[RegistrationSettings]
    return MetadataLimits(
        scopes=section.registration_scopes,
        grant_types=section.registration_grant_types,
        has_all_scopes=section.registration_all_scopes,
        drops_redirect_uris=section.registration_drop_redirect_uris,
        is_strict=section.registration_strict,
    )


def _lacks_registrable_scopes(server: Server) -> bool:
    if server.settings[RegistrationSettings].registration == "off":
        return False
    names = server.scopes.published()
    return bool(names) and not metadata_limits(server.settings).scopes_of(names)


CHECKS = (
    fatal(
        "E030",
        "registration",
        _required_without_default,
        ": the column {} requires a default: client registration does not set it",
        Server,
    ),
    fatal(
        "E031",
        "registration_scopes",
        _unpublished_scopes,
        ": {}",
        Server,
    ),
    warning(
        "W126",
        "registration_scopes",
        lambda settings: (
            settings.registration != "off"
            and EVERY_SCOPE in settings.registration_scopes
        ),
        "= * lets clients that register themselves ask users for every scope",
        RegistrationSettings,
    ),
    Check(
        "W127",
        "registration_scopes",
        _lacks_registrable_scopes,
        "names no scope of this server: registered clients get no tokens",
        severity=Severity.NOTICE,
        section=Server,
    ),
    warning(
        "W116",
        "registration",
        is_set_to("registration", "open"),
        "= open lets everybody register clients (RFC 7591 section 5); consider an "
        "initial access token or a policy",
        RegistrationSettings,
    ),
    warning(
        "W117",
        "registration_limit",
        lambda settings: (
            settings.registration != "off" and not settings.registration_limit
        ),
        "= 0 lets one source fill the database with clients",
        RegistrationSettings,
    ),
    warning(
        "W153",
        "registration_token_attempts",
        lambda settings: (
            settings.registration != "off" and not settings.registration_token_attempts
        ),
        "= 0 lets one source guess registration tokens without a limit",
        RegistrationSettings,
    ),
    warning(
        "W118",
        "registration_grant_types",
        lambda settings: (
            settings.registration == "open"
            and "client_credentials" in settings.registration_grant_types
        ),
        "gives everybody tokens by client_credentials while registration is open",
        RegistrationSettings,
    ),
)
