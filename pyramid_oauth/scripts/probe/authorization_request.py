"""Probe of the authorization endpoint with requests of MCP clients (RFC 6749 4.1).

A server may let users log in before it answers an error (RFC 9700 section 4.11.2), so
that a probe cannot see it there. The same requests are pushed where the server takes
pushed requests (RFC 9126), which it must validate at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from pyramid_oauth.scripts.probe.authorization_server import AuthorizationServer
from pyramid_oauth.scripts.probe.client import Answer, ProbeClient, with_query
from pyramid_oauth.scripts.probe.rules import RuleSet, quote
from pyramid_oauth.settings.checks import Severity

FOREIGN_URI = "https://mcp-check.invalid/callback"

# The challenge of RFC 7636 appendix B.
CODE_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

STATE = "mcp-check"


@dataclass(frozen=True)
class Client:
    """A client that is registered at the deployment.

    Attributes:
        client_id: Its identifier.
        redirect_uri: One of its redirect URIs.
        secret: Its secret, if it authenticates by one.
        key: Its private key as PEM or JWK, with which it authenticates and signs.
        certificate: The files of its certificate and of the key of that.
    """

    client_id: str
    redirect_uri: str
    secret: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    certificate: tuple[str, str | None] | None = None

    @property
    def is_confidential(self) -> bool:
        """Whether it can authenticate."""
        return bool(self.secret or self.key or self.certificate)


@dataclass(frozen=True)
class AuthorizationRequests:
    """The answers of the authorization endpoint.

    Attributes:
        server: The authorization server.
        resource: The URL of the MCP server.
        unknown: Of a request with an unknown client.
        client: The client of the other requests; without it there are none.
        complete: Of a request with all that a client sends.
        pushed: Of the same request, pushed.
        without_pkce: Of the pushed request without a code challenge.
    """

    server: AuthorizationServer
    resource: str
    unknown: Answer
    client: Client | None = None
    complete: Answer | None = None
    pushed: Answer | None = None
    without_pkce: Answer | None = None

    @property
    def response(self) -> Mapping[str, str] | None:
        """The parameters with which the complete request is sent back to the client."""
        location = self.complete.header("Location") if self.complete else ""
        if self.client is None or not location.startswith(self.client.redirect_uri):
            return None
        return {name: found[0] for name, found in _query(location).items()}

    @property
    def refusal(self) -> Mapping[str, object]:
        """The error response to the complete request; empty without an error."""
        pushed = (self.pushed.document if self.pushed else None) or {}
        found = [answer for answer in (pushed, self.response) if answer]
        return next((answer for answer in found if "error" in answer), {})


def observe(
    client: ProbeClient,
    server: AuthorizationServer,
    resource: str,
    registered: Client | None,
) -> AuthorizationRequests:
    """Send the authorization requests."""
    endpoint = server.endpoint("authorization_endpoint")
    request = _parameters(server, resource)

    def send(who: Client, parameters: Mapping[str, str]) -> Answer:
        own = {"client_id": who.client_id, "redirect_uri": who.redirect_uri}
        return client.get(
            with_query(endpoint, {**parameters, **own}), Accept="text/html"
        )

    def push(who: Client, parameters: Mapping[str, str]) -> Answer | None:
        own = {"client_id": who.client_id, "redirect_uri": who.redirect_uri}
        place = server.endpoint("pushed_authorization_request_endpoint")
        return client.post_form(place, {**parameters, **own}) if place else None

    unknown = send(Client("mcp-check-unknown-client", FOREIGN_URI), request)
    if registered is None:
        return AuthorizationRequests(server, resource, unknown)
    plain = {key: request[key] for key in request if not key.startswith("code_")}
    return AuthorizationRequests(
        *(server, resource, unknown, registered),
        complete=send(registered, request),
        pushed=push(registered, request),
        without_pkce=push(registered, plain),
    )


def _parameters(server: AuthorizationServer, resource: str) -> dict[str, str]:
    scope = {"scope": " ".join(server.scopes)} if server.scopes else {}
    return {
        "response_type": "code",
        "state": STATE,
        "code_challenge": CODE_CHALLENGE,
        "code_challenge_method": "S256",
        "resource": resource,
        **scope,
    }


def _query(location: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(location).query)
    except ValueError:
        return {}


RULES: RuleSet[AuthorizationRequests] = RuleSet()


@RULES.rule(
    "P301",
    Severity.ERROR,
    "RFC 6749 section 3.1",
    "Look into the log of the server; let the proxy pass the endpoint on.",
)
def answers_requests(subject: AuthorizationRequests) -> Iterator[str]:
    """The authorization endpoint answers."""
    for answer in (subject.unknown, subject.complete):
        if answer is not None and (answer.status >= 500 or not answer.status):
            yield f"the authorization endpoint fails: {answer.described}"
            return


@RULES.rule(
    "P302",
    Severity.ERROR,
    "RFC 6749 section 4.1.2.1; MCP 2026-07-28, Open Redirection",
    "Redirect to registered URIs only.",
)
def redirects_to_registered_uris_only(subject: AuthorizationRequests) -> Iterator[str]:
    """A request of an unknown client is not redirected to its URI."""
    if subject.unknown.header("Location").startswith(FOREIGN_URI):
        yield "an unknown client is redirected to its URI: an open redirector"


@RULES.rule(
    "P311",
    Severity.ERROR,
    "MCP 2026-07-28, Resource Parameter Implementation; RFC 8707 section 2",
    "Name exactly this URL in pyramid_oauth.resources of the extension "
    "resource_indicators, or by config.add_oauth_resource.",
)
def accepts_the_resource(subject: AuthorizationRequests) -> Iterator[str]:
    """The authorization server accepts the URL of the MCP server as resource."""
    if subject.refusal.get("error") == "invalid_target":
        yield f"the resource {quote(subject.resource)} is refused: invalid_target"


@RULES.rule(
    "P312",
    Severity.ERROR,
    "RFC 6749 section 4.1.2.1",
    "The description says what is refused; for scopes see pyramid_oauth.scopes and "
    "pyramid_oauth.registration_scopes.",
)
def accepts_a_request(subject: AuthorizationRequests) -> Iterator[str]:
    """The request of a registered client leads to a page or to a login."""
    answer = subject.complete
    error = subject.refusal.get("error")
    if error and error != "invalid_target":
        described = quote(subject.refusal.get("error_description", ""))
        yield f"the request of a client is refused: {quote(error)} {described}"
    elif answer is not None and 400 <= answer.status < 500:
        yield f"the request of a client is answered with {answer.status}"


@RULES.rule(
    "P313",
    Severity.ERROR,
    "MCP 2026-07-28, Authorization Code Protection; RFC 9700 section 2.1.1",
    "Set pyramid_oauth.pkce_required = true.",
)
def demands_pkce(subject: AuthorizationRequests) -> Iterator[str]:
    """A public client that pushes no code challenge is refused."""
    answer = subject.without_pkce
    if answer is not None and 200 <= answer.status < 300:
        yield "a public client gets on without a code challenge"


@RULES.rule(
    "P314",
    Severity.ERROR,
    "MCP 2026-07-28, Authorization Response Validation; RFC 9207 section 2",
    "Set pyramid_oauth.issuer to the URL by which clients know the server.",
)
def identifies_itself(subject: AuthorizationRequests) -> Iterator[str]:
    """Authorization responses have the iss of the metadata, if these promise it."""
    promised = subject.server.metadata.get(
        "authorization_response_iss_parameter_supported"
    )
    if subject.response is None:
        return
    iss = subject.response.get("iss")
    if iss != subject.server.issuer and (iss is not None or promised is True):
        yield f"iss of a response is {quote(iss)}: clients must reject it"
