"""The settings of client registration and of clients with keys (RFC 7591, RFC 7523)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.section import Section, setting


@dataclass(frozen=True, kw_only=True)
class RegistrationSettings(Section):
    """Who may register clients, what they may have, and how their keys are used."""

    registration: Any = setting(
        to.choice_or_dotted("off", "open", "initial_access_token"),
        "off",
        "Who may register clients (RFC 7591): nobody (`off`), everybody (`open`), "
        "whoever has an initial access token, or whom a callable (request, metadata) "
        "lets (by true; it may change the metadata); name it by its dotted name.",
    )
    registration_scopes: tuple[str, ...] = setting(
        to.words,
        (),
        "Scopes that registered clients may have; with none, all of the catalogue.",
    )
    registration_grant_types: tuple[str, ...] = setting(
        to.words,
        ("authorization_code", "implicit", "refresh_token"),
        "Grant types that registered clients may have, as far as the server offers "
        "them; with `client_credentials` whoever may register gets tokens of its own.",
    )
    registration_limit: int = setting(
        to.integer(0, 1_000_000),
        20,
        "Registrations, and refused updates, from one address in an hour; 0 means no "
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
        "Whose software statements are believed (RFC 7591 section 2.3), one `issuer = "
        "JWKS` a line; the JWKS is an https URL or `file:PATH`.",
    )
    assertion_audience: str = setting(
        to.choice("endpoint", "issuer"),
        "endpoint",
        "Audience of client assertions: the issuer or the endpoint's URL "
        "(`endpoint`, RFC 7523), or the issuer only (`issuer`, RFC 7523bis).",
    )
    assertion_lifetime: int = setting(
        to.seconds, 300, "Seconds that a client assertion may live at the most."
    )
    assertion_leeway: int = setting(
        to.seconds, 30, "Seconds by which a client's clock may be wrong."
    )
