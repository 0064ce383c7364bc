"""Rules about the challenge and the document of a protected resource."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid_oauth.scripts.probe.challenge import bearer_parameters
from pyramid_oauth.scripts.probe.client import is_local, is_secure
from pyramid_oauth.scripts.probe.protected_resource import (
    ProtectedResource,
    well_known_urls,
)
from pyramid_oauth.scripts.probe.rules import RuleSet, quote, words
from pyramid_oauth.settings.checks import Severity

RULES: RuleSet[ProtectedResource] = RuleSet()


@RULES.rule(
    "P101",
    Severity.ERROR,
    "MCP 2026-07-28, Communication Security",
    "Serve it by https; in production.ini a proxy ends TLS.",
)
def is_reached_by_https(subject: ProtectedResource) -> Iterator[str]:
    """The MCP server is reached by https."""
    if not is_secure(subject.url):
        yield f"{quote(subject.url)} is not https: tokens would travel in clear text"


@RULES.rule(
    "P102",
    Severity.ERROR,
    "MCP 2026-07-28, Error Handling; RFC 6750 section 3",
    "Check the token before everything else; in pyramid_oauth: oauth_scopes of views.",
)
def answers_401_without_token(subject: ProtectedResource) -> Iterator[str]:
    """A call without a token is answered with 401."""
    answer = subject.refusal
    if answer.status == 401:
        return
    if answer.failure is not None:
        yield f"{quote(subject.url)} cannot be called: {answer.described}"
    elif answer.status < 300:
        yield f"a call without a token is answered with {answer.status}: nothing asks"
    else:
        yield f"a call without a token is answered with {answer.status}, not 401"


@RULES.rule(
    "P103",
    Severity.ERROR,
    "MCP 2026-07-28, Token Handling",
    "Verify tokens: pyramid_oauth.resource, or introspection.",
)
def refuses_an_invented_token(subject: ProtectedResource) -> Iterator[str]:
    """A call with an invented token is answered with 401."""
    status = subject.invented.status
    if status and status != 401:
        yield f"a call with an invented token is answered with {status}, not 401"


@RULES.rule(
    "P104",
    Severity.ERROR,
    "RFC 6750 section 3",
    "Send WWW-Authenticate: Bearer with the 401.",
)
def challenges_by_bearer(subject: ProtectedResource) -> Iterator[str]:
    """The 401 has a challenge of the scheme Bearer."""
    header = subject.refusal.header("WWW-Authenticate")
    if subject.refusal.status == 401 and bearer_parameters(header) is None:
        yield f"the 401 has no challenge Bearer; WWW-Authenticate is {quote(header)}"


@RULES.rule(
    "P105",
    Severity.WARNING,
    "RFC 9728 section 5.1",
    "Add resource_metadata; in pyramid_oauth set pyramid_oauth.protected_resource.",
)
def names_its_document(subject: ProtectedResource) -> Iterator[str]:
    """The challenge names the document of the resource."""
    if subject.refusal.status == 401 and "resource_metadata" not in subject.challenge:
        yield "the challenge has no resource_metadata: clients guess where it is"


@RULES.rule(
    "P106",
    Severity.WARNING,
    "MCP 2026-07-28, Scope Selection Strategy",
    "Name the scopes of basic use in the challenge, or in scopes_supported: "
    "pyramid_oauth.protected_resource_scopes.",
)
def tells_scopes(subject: ProtectedResource) -> Iterator[str]:
    """The challenge or the document says which scopes to ask for."""
    if subject.found is not None and not subject.scopes:
        yield (
            "neither the challenge nor the document names scopes: clients ask for "
            "none, or for all that the authorization server has"
        )


@RULES.rule(
    "P107",
    Severity.WARNING,
    "MCP 2026-07-28, Refresh Tokens",
    "Remove offline_access: clients add it when they want a refresh token.",
)
def asks_for_no_refresh_token(subject: ProtectedResource) -> Iterator[str]:
    """The resource does not ask for offline_access."""
    supported = words(subject.metadata.get("scopes_supported"))
    if "offline_access" in [*subject.scopes, *supported]:
        yield "the resource names the scope offline_access, which it does not need"


@RULES.rule(
    "P111",
    Severity.ERROR,
    "RFC 9728 section 3",
    "Publish the document; in pyramid_oauth set pyramid_oauth.protected_resource.",
)
def has_a_document(subject: ProtectedResource) -> Iterator[str]:
    """The document of the resource exists."""
    if subject.found is None:
        tried = (
            f"{quote(url)} ({answer.described})"
            for url, answer in subject.documents.items()
        )
        yield f"there is no document of the resource at {', '.join(tried)}"


@RULES.rule(
    "P112",
    Severity.WARNING,
    "RFC 9728 sections 3.1 and 5.1",
    "Publish the document where the challenge says, and at its well-known URL.",
)
def has_its_document_where_it_belongs(subject: ProtectedResource) -> Iterator[str]:
    """The document is where the challenge says and at the well-known URL."""
    expected = [
        *filter(None, [subject.challenge.get("resource_metadata")]),
        well_known_urls(subject.url)[0],
    ]
    for url in dict.fromkeys(expected):
        answer = subject.documents.get(url)
        if subject.found is not None and answer is not None and not answer.is_document:
            yield f"there is no document at {quote(url)}: {answer.described}"


@RULES.rule(
    "P113",
    Severity.ERROR,
    "RFC 9728 section 3.3",
    "Set the identifier of the resource (pyramid_oauth.protected_resource) to the URL "
    "that clients use, letter by letter.",
)
def is_the_resource_of_its_document(subject: ProtectedResource) -> Iterator[str]:
    """The member resource of the document is the URL of the MCP server."""
    resource = subject.metadata.get("resource")
    if subject.found is not None and resource != subject.url:
        yield (
            f"resource is {quote(resource)}, but the server was called at "
            f"{quote(subject.url)}: clients must not use the document"
        )


@RULES.rule(
    "P114",
    Severity.ERROR,
    "MCP 2026-07-28, Authorization Server Location; RFC 9728 section 2",
    "Name the value of pyramid_oauth.issuer of the authorization server: "
    "pyramid_oauth.protected_resource_servers.",
)
def names_authorization_servers(subject: ProtectedResource) -> Iterator[str]:
    """The document names at least one authorization server."""
    if subject.found is not None and not subject.authorization_servers:
        yield "authorization_servers is missing or empty: clients cannot get a token"


@RULES.rule(
    "P115",
    Severity.WARNING,
    "RFC 9728 section 2; MCP 2026-07-28, Token Requirements",
    "Let bearer_methods_supported contain header, or leave it out.",
)
def takes_tokens_in_the_header(subject: ProtectedResource) -> Iterator[str]:
    """Tokens may come in the Authorization header."""
    methods = subject.metadata.get("bearer_methods_supported")
    if methods is not None and "header" not in words(methods):
        yield f"bearer_methods_supported is {quote(methods)}; clients use the header"


@RULES.rule(
    "P116",
    Severity.NOTICE,
    "MCP 2026-07-28, Authorization Server Discovery; Fetch, CORS protocol",
    "Send Access-Control-Allow-Origin: * with the document.",
)
def is_readable_in_a_browser(subject: ProtectedResource) -> Iterator[str]:
    """Clients in a browser can read the document."""
    found = subject.found
    if found is not None and not found.is_readable_by_scripts:
        where = "" if not is_local(subject.url) else ", such as MCP Inspector"
        yield f"clients in a browser{where} cannot read {quote(found.url)}"
