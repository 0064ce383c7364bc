"""Settings of client ID metadata documents, and the checks of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.clients.self_registration import MetadataLimits
from pyramid_oauth.extensions.client_id_metadata.client_urls import UrlPatterns
from pyramid_oauth.extensions.openid.standard_scopes import STANDARD
from pyramid_oauth.models.contract import required_without_default
from pyramid_oauth.models.redirect_uris import Rules, is_loopback
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import fatal, warning
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.server import ServerSettings


def url_patterns(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - text or words
    """Convert hosts and URLs, separated by white space (see `UrlPatterns`)."""
    return UrlPatterns(to.words(value)).words


@dataclass(frozen=True, kw_only=True)
class ClientIdMetadataSettings(Section):
    """Which documents are accepted, for how long, and what clients may have."""

    client_id_metadata: bool = setting(
        to.boolean,
        True,
        "Accept clients whose `client_id` is the URL of their metadata. The ready-made "
        "server, which has the extension always, does so with the profile `mcp`.",
    )
    client_id_metadata_allowed: tuple[str, ...] = setting(
        url_patterns,
        (),
        "The only documents that are accepted: hosts (`example.com`, `*.example.com` "
        "for those below it), URLs, or the beginnings of URLs that end with `*`. "
        "Without any, those of every host.",
    )
    client_id_metadata_denied: tuple[str, ...] = setting(
        url_patterns,
        (),
        "Documents that are never accepted, known clients included; like "
        "`client_id_metadata_allowed`, over which it takes precedence.",
    )
    client_id_metadata_policy: Callable[..., Any] | None = setting(
        to.optional_callable,
        None,
        "A callable `(request, document)` that returns whether a document with a "
        "valid `client_id` is accepted; it may change the metadata.",
    )
    client_id_metadata_same_host: bool = setting(
        to.boolean,
        False,
        "Accept https redirect URIs on the host of the document only (section 6.1 of "
        "the draft); loopback and private-use URIs stay allowed.",
    )
    client_id_metadata_localhost: bool = setting(
        to.boolean,
        False,
        "Accept documents at http on loopback addresses, in development: only where "
        "the issuer is on one, too.",
    )
    client_id_metadata_scopes: tuple[str, ...] = setting(
        to.words,
        tuple(STANDARD),
        "Scopes that these clients may have, as far as the server has them: by "
        "default those of OpenID Connect. `*` means every scope of the server.",
    )
    client_id_metadata_all_scopes: bool = setting(
        to.boolean,
        False,
        "Give every such client all of `client_id_metadata_scopes`, whatever its "
        "`scope` names.",
    )
    client_id_metadata_drop_redirect_uris: bool = setting(
        to.boolean,
        False,
        "Leave out redirect URIs that are refused, if another one of the same client "
        "remains; otherwise the client is refused, and the error names them.",
    )
    client_id_metadata_grant_types: tuple[str, ...] = setting(
        to.words,
        ("authorization_code", "refresh_token"),
        "Grant types that these clients may have, as far as the server offers them.",
    )
    client_id_metadata_min_age: int = setting(
        to.seconds,
        300,
        "Least seconds for which a document is not fetched again, whatever its HTTP "
        "headers say.",
    )
    client_id_metadata_max_age: int = setting(
        to.seconds, 86400, "Most seconds for which a document is not fetched again."
    )
    client_id_metadata_stale_age: int = setting(
        to.seconds,
        86400,
        "Further seconds for which a known client may use its tokens while the host "
        "of its document cannot be reached. A user is never asked meanwhile.",
    )
    client_id_metadata_failure_backoff: int = setting(
        to.integer(1, 3600),
        10,
        "Seconds for which a document that cannot be fetched, or is invalid, is not "
        "requested again by a process.",
    )
    client_id_metadata_bytes: int = setting(
        to.integer(1024, 1024 * 1024), 5 * 1024, "Maximum bytes of a document."
    )
    client_id_metadata_limit: int = setting(
        to.integer(0, 1_000_000),
        20,
        "Unknown documents that requests of one source may name within an hour, "
        "invalid ones included; 0 means no limit.",
    )
    client_id_metadata_clients: int = setting(
        to.integer(1, 10_000_000), 1000, "Most clients that exist by their documents."
    )
    client_id_metadata_unused_lifetime: int = setting(
        to.seconds,
        30 * 86400,
        "Seconds after its last change until `purge` deletes a client that has no "
        "live token, grant or consent; its next request adds it again. 0 keeps them.",
    )


def metadata_limits(settings: Settings) -> MetadataLimits:
    """Return what these clients may state about themselves."""
    section = settings[ClientIdMetadataSettings]
    return MetadataLimits(
        scopes=section.client_id_metadata_scopes,
        grant_types=section.client_id_metadata_grant_types,
        has_all_scopes=section.client_id_metadata_all_scopes,
        drops_redirect_uris=section.client_id_metadata_drop_redirect_uris,
    )


def _required_without_default(server: Server) -> Iterator[str]:
    stated = server.application_rules.schema.columns
    for name in required_without_default(server.models.Application):
        if name not in stated:
            yield f"{name} of {server.models.Application.__name__}"


def _lacks_scopes(server: Server) -> bool:
    names = server.scopes.published()
    return bool(names) and not metadata_limits(server.settings).scopes_of(names)


def _is_public(settings: ServerSettings) -> bool:
    host = urlsplit(settings.issuer or "").hostname
    return not is_loopback(host, Rules(localhost=True))


def _offers_localhost(server: Server) -> bool:
    section = server.settings[ClientIdMetadataSettings]
    return section.client_id_metadata_localhost and _is_public(
        server.settings[ServerSettings]
    )


CHECKS = (
    fatal(
        "E075",
        "client_id_metadata_scopes",
        _required_without_default,
        ": the column {} requires a default: metadata documents do not set it",
        Server,
    ),
    fatal(
        "E076",
        "client_id_metadata_localhost",
        _offers_localhost,
        "= true is for an issuer on a loopback address: requests of others could "
        "reach services of this machine",
        Server,
    ),
    fatal(
        "E077",
        "client_id_metadata_max_age",
        lambda settings: (
            settings.client_id_metadata_max_age < settings.client_id_metadata_min_age
        ),
        "is below client_id_metadata_min_age",
        ClientIdMetadataSettings,
    ),
    Check(
        "W175",
        "client_id_metadata_scopes",
        _lacks_scopes,
        "names no scope of this server: these clients get no tokens",
        severity=Severity.NOTICE,
        section=Server,
    ),
    warning(
        "W176",
        "client_id_metadata_limit",
        lambda settings: not settings.client_id_metadata_limit,
        "= 0 lets one source make this server request any number of documents",
        ClientIdMetadataSettings,
    ),
    warning(
        "W177",
        "client_id_metadata_grant_types",
        lambda settings: (
            "client_credentials" in settings.client_id_metadata_grant_types
            and not settings.client_id_metadata_allowed
        ),
        "gives everybody tokens by client_credentials; name the documents in "
        "client_id_metadata_allowed",
        ClientIdMetadataSettings,
    ),
)
