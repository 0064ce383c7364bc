"""Rules about the metadata of an authorization server."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid_oauth.scripts.probe.authorization_server import (
    ENDPOINTS,
    AuthorizationServer,
    metadata_urls,
)
from pyramid_oauth.scripts.probe.client import is_secure
from pyramid_oauth.scripts.probe.rules import RuleSet, quote, words
from pyramid_oauth.settings.checks import Severity

RULES: RuleSet[AuthorizationServer] = RuleSet()


@RULES.rule(
    "P201",
    Severity.ERROR,
    "MCP 2026-07-28, Authorization Server Metadata Discovery; RFC 8414 section 3",
    "Let the proxy pass /.well-known/ of the host on, or set pyramid_oauth.prefix to "
    "the path of pyramid_oauth.issuer.",
)
def has_metadata(subject: AuthorizationServer) -> Iterator[str]:
    """The authorization server publishes metadata in one of the path forms."""
    if subject.found is None:
        tried = (f"{quote(url)} ({a.described})" for url, a in subject.forms.items())
        yield f"{quote(subject.issuer)} has no metadata at {', '.join(tried)}"


@RULES.rule(
    "P202",
    Severity.WARNING,
    "RFC 8414 section 3.1",
    "Let the proxy pass /.well-known/oauth-authorization-server of the host on.",
)
def has_the_form_of_rfc_8414(subject: AuthorizationServer) -> Iterator[str]:
    """The metadata are at the URL of RFC 8414, which all clients try."""
    url = metadata_urls(subject.issuer)[0]
    if subject.found is not None and not subject.forms[url].is_document:
        yield (
            f"there is no metadata at {quote(url)} ({subject.forms[url].described}), "
            f"only at {quote(subject.found.url)}: older clients stop there"
        )


@RULES.rule(
    "P203",
    Severity.ERROR,
    "RFC 8414 section 3.3; OpenID Connect Discovery section 4.3",
    "Set pyramid_oauth.issuer to what authorization_servers of the resource names.",
)
def is_the_issuer(subject: AuthorizationServer) -> Iterator[str]:
    """The issuer of the metadata is the one that the resource names."""
    for url, answer in subject.forms.items():
        issuer = (answer.document or {}).get("issuer")
        if answer.is_document and issuer != subject.issuer:
            yield (
                f"issuer at {quote(url)} is {quote(issuer)}, and the resource names "
                f"{quote(subject.issuer)}: clients must not use the metadata"
            )


@RULES.rule(
    "P204",
    Severity.ERROR,
    "RFC 8414 section 5",
    "Serve every form from the same server and version.",
)
def agrees_in_all_forms(subject: AuthorizationServer) -> Iterator[str]:
    """The endpoints are the same in every form of the metadata."""
    for url, answer in subject.forms.items():
        for member in ENDPOINTS:
            value = (answer.document or {}).get(member)
            if answer.is_document and value != subject.metadata.get(member):
                yield f"{member} at {quote(url)} is another: {quote(value)}"


@RULES.rule(
    "P205",
    Severity.ERROR,
    "MCP 2026-07-28, Authorization Code Protection; RFC 7636 section 4.2",
    "Include the extension pkce: pyramid_oauth.extensions.",
)
def offers_s256(subject: AuthorizationServer) -> Iterator[str]:
    """PKCE with S256 is offered."""
    methods = subject.listed("code_challenge_methods_supported")
    if subject.found is not None and "S256" not in methods:
        yield "code_challenge_methods_supported lacks S256: clients must refuse"


@RULES.rule(
    "P206",
    Severity.ERROR,
    "RFC 8414 section 2",
    "Let pyramid_oauth.grant_types contain authorization_code.",
)
def offers_the_code_grant(subject: AuthorizationServer) -> Iterator[str]:
    """The code flow is offered: both endpoints and the response type."""
    if subject.found is None:
        return
    for member in ("authorization_endpoint", "token_endpoint"):
        if not subject.endpoint(member):
            yield f"{member} is missing"
    if "code" not in subject.listed("response_types_supported"):
        yield "response_types_supported lacks code"


@RULES.rule(
    "P207",
    Severity.WARNING,
    "MCP 2026-07-28, Authorization Response Validation; RFC 9207 section 2.3",
    "Include the extension issuer_identification: pyramid_oauth.extensions.",
)
def identifies_itself_in_responses(subject: AuthorizationServer) -> Iterator[str]:
    """Authorization responses have iss."""
    member = "authorization_response_iss_parameter_supported"
    if subject.found is not None and subject.metadata.get(member) is not True:
        yield f"{member} is not true: clients cannot detect a mix-up of servers"


@RULES.rule(
    "P208",
    Severity.ERROR,
    "MCP 2026-07-28, Client Registration; RFC 8414 section 2",
    "Let pyramid_oauth.token_endpoint_auth_methods contain none.",
)
def serves_public_clients(subject: AuthorizationServer) -> Iterator[str]:
    """Public clients can use the token endpoint."""
    methods = subject.listed("token_endpoint_auth_methods_supported")
    if subject.found is not None and "none" not in methods:
        yield (
            "token_endpoint_auth_methods_supported lacks none: programs on a device "
            "keep no secret"
        )


@RULES.rule(
    "P209",
    Severity.WARNING,
    "MCP 2026-07-28, Refresh Tokens",
    "Let pyramid_oauth.grant_types contain refresh_token.",
)
def offers_refresh_tokens(subject: AuthorizationServer) -> Iterator[str]:
    """The server gives refresh tokens."""
    grants = subject.metadata.get("grant_types_supported")
    if grants is not None and "refresh_token" not in words(grants):
        yield "grant_types_supported lacks refresh_token: users must authorize often"


@RULES.rule(
    "P210",
    Severity.ERROR,
    "MCP 2026-07-28, Client Registration",
    "Set pyramid_oauth.client_id_metadata = true or pyramid_oauth.registration = open; "
    "pyramid_oauth.profile = mcp does both.",
)
def lets_clients_in(subject: AuthorizationServer) -> Iterator[str]:
    """A client without relationship can get a client ID."""
    if subject.found is not None and not (_has_cimd(subject) or _registers(subject)):
        yield (
            "there is neither client_id_metadata_document_supported nor "
            "registration_endpoint: only clients that you registered can be used"
        )


@RULES.rule(
    "P211",
    Severity.WARNING,
    "MCP 2026-07-28, Client ID Metadata Documents",
    "Include the extension client_id_metadata (pyramid_oauth.extensions); in the "
    "ready-made server set pyramid_oauth.client_id_metadata = true.",
)
def takes_client_id_metadata(subject: AuthorizationServer) -> Iterator[str]:
    """Clients may use the URL of their metadata document as client ID."""
    if subject.found is not None and not _has_cimd(subject) and _registers(subject):
        yield (
            "client_id_metadata_document_supported is not true: clients fall back on "
            "registration, which the specification calls deprecated"
        )


@RULES.rule(
    "P212",
    Severity.NOTICE,
    "MCP 2026-07-28, Dynamic Client Registration; RFC 7591",
    "Set pyramid_oauth.registration = open, with pyramid_oauth.registration_scopes.",
)
def takes_registrations(subject: AuthorizationServer) -> Iterator[str]:
    """Clients that know only dynamic registration get a client ID."""
    if subject.found is not None and _has_cimd(subject) and not _registers(subject):
        yield "there is no registration_endpoint: clients before 2026 cannot register"


@RULES.rule(
    "P213",
    Severity.ERROR,
    "MCP 2026-07-28, Communication Security",
    "Set pyramid_oauth.issuer to an https URL; in production.ini a proxy ends TLS.",
)
def has_secure_endpoints(subject: AuthorizationServer) -> Iterator[str]:
    """Issuer and endpoints are https."""
    if not is_secure(subject.issuer):
        yield f"the issuer {quote(subject.issuer)} is not https"
    for member in ENDPOINTS:
        if member in subject.metadata and not is_secure(subject.metadata[member]):
            yield f"{member} is not https: {quote(subject.metadata[member])}"


@RULES.rule(
    "P214",
    Severity.WARNING,
    "MCP 2026-07-28, Scope Selection Strategy",
    "Add the scope to pyramid_oauth.scopes, or do not name it at the resource.",
)
def knows_the_scopes(subject: AuthorizationServer) -> Iterator[str]:
    """The authorization server has the scopes that the resource names."""
    supported = subject.metadata.get("scopes_supported")
    missing = [name for name in subject.scopes if name not in words(supported)]
    if supported is not None and missing:
        yield f"scopes_supported lacks {quote(' '.join(missing))} of the resource"


@RULES.rule(
    "P215",
    Severity.NOTICE,
    "Fetch, CORS protocol",
    "Send Access-Control-Allow-Origin: * with the metadata; the proxy must keep it.",
)
def is_readable_in_a_browser(subject: AuthorizationServer) -> Iterator[str]:
    """Clients in a browser can read the metadata."""
    if subject.found is not None and not subject.found.is_readable_by_scripts:
        yield f"clients in a browser cannot read {quote(subject.found.url)}"


def _has_cimd(subject: AuthorizationServer) -> bool:
    return subject.metadata.get("client_id_metadata_document_supported") is True


def _registers(subject: AuthorizationServer) -> bool:
    return bool(subject.endpoint("registration_endpoint"))
