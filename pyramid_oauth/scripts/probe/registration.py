"""Probe of dynamic client registration (RFC 7591), with clients that it deletes again.

It changes the deployment, so only an operator who asks for it gets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid_oauth.scripts.probe.client import Answer, ProbeClient, has_same_origin
from pyramid_oauth.scripts.probe.rules import RuleSet, quote
from pyramid_oauth.settings.checks import Severity

LOOPBACK = "http://127.0.0.1:33418/callback"

LOCALHOST = "http://localhost:33418/callback"

NATIVE_SCHEME = "cursor://anysphere.cursor-mcp/oauth/callback"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Registration:
    """The answers to the registrations of three kinds of clients.

    Attributes:
        loopback: Of a program with a redirect URI at 127.0.0.1.
        localhost: Of a program with a redirect URI at localhost.
        native_scheme: Of Cursor, whose redirect URI has a scheme of its own.
        scopes: The scopes that the first request of a client names.
        supported: The scopes of the authorization server.
        left: The client IDs that could not be deleted.
    """

    loopback: Answer
    localhost: Answer
    native_scheme: Answer
    scopes: list[str] = field(default_factory=list)
    supported: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def client(self) -> Document:
        """The client information of the program at 127.0.0.1; empty if refused."""
        return registered(self.loopback)


def register(
    client: ProbeClient, endpoint: str, scopes: list[str], supported: list[str]
) -> Registration:
    """Register the clients."""

    def send(redirect_uri: str, application_type: str) -> Answer:
        document = _metadata(redirect_uri, application_type, scopes)
        return client.post_json(endpoint, document)

    return Registration(
        send(LOOPBACK, "native"),
        send(LOCALHOST, "native"),
        send(NATIVE_SCHEME, "web"),
        scopes,
        supported,
    )


def _metadata(redirect_uri: str, application_type: str, scopes: list[str]) -> Document:
    scope = {"scope": " ".join(scopes)} if scopes else {}
    return {
        "client_name": "pyramid-oauth mcp-check",
        "redirect_uris": [redirect_uri],
        "application_type": application_type,
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        **scope,
    }


def registered(answer: Answer) -> Document:
    """Return the client information of a registration; empty if it was refused."""
    document = answer.document or {}
    is_created = answer.status in (200, 201) and isinstance(
        document.get("client_id"), str
    )
    return document if is_created else {}


def delete(client: ProbeClient, registration: Registration) -> None:
    """Delete the clients that were registered (RFC 7592 section 2.3)."""
    for answer in (
        registration.loopback,
        registration.localhost,
        registration.native_scheme,
    ):
        found = registered(answer)
        if found and not _is_deleted(client, answer.url, found):
            registration.left.append(found["client_id"])


def _is_deleted(client: ProbeClient, endpoint: str, found: Document) -> bool:
    place = found.get("registration_client_uri")
    token = found.get("registration_access_token")
    if not isinstance(place, str) or not isinstance(token, str):
        return False
    if not (has_same_origin(place, endpoint) and token.isascii()):
        return False
    headers = {"Authorization": f"Bearer {token}"}
    return client.send("DELETE", place, headers).status == 204


RULES: RuleSet[Registration] = RuleSet()


@RULES.rule(
    "P401",
    Severity.ERROR,
    "MCP 2026-07-28, Dynamic Client Registration; RFC 7591 section 3.2",
    "See pyramid_oauth.registration, pyramid_oauth.registration_scopes and "
    "pyramid_oauth.registration_grant_types.",
)
def registers_a_program(subject: Registration) -> Iterator[str]:
    """A program with a redirect URI at 127.0.0.1 can register."""
    if not subject.client:
        yield f"a registration is refused: {_problem(subject.loopback)}"


@RULES.rule(
    "P402",
    Severity.ERROR,
    "RFC 7591 section 3.2.1",
    "Let pyramid_oauth.token_endpoint_auth_methods contain none.",
)
def registers_public_clients(subject: Registration) -> Iterator[str]:
    """A program that registers as a public client becomes one."""
    method = subject.client.get("token_endpoint_auth_method")
    if subject.client and method != "none":
        yield f"a public client was registered with {quote(method)}"


@RULES.rule(
    "P403",
    Severity.WARNING,
    "RFC 8252 section 8.3",
    "Set pyramid_oauth.allow_localhost_redirect = true: many clients use localhost.",
)
def registers_localhost(subject: Registration) -> Iterator[str]:
    """A program with a redirect URI at localhost can register."""
    if subject.client and not registered(subject.localhost):
        yield f"{LOCALHOST} is refused: {_problem(subject.localhost)}"


@RULES.rule(
    "P404",
    Severity.NOTICE,
    "RFC 8252 section 7.1",
    "Name it in pyramid_oauth.native_redirect_uris; pyramid_oauth.profile = mcp does.",
)
def registers_native_schemes(subject: Registration) -> Iterator[str]:
    """A client with a redirect URI of its own scheme can register, even as web."""
    if subject.client and not registered(subject.native_scheme):
        yield f"{NATIVE_SCHEME} is refused: {_problem(subject.native_scheme)}"


@RULES.rule(
    "P405",
    Severity.WARNING,
    "MCP 2026-07-28, Step-Up Authorization Flow; RFC 7591 section 3.2.1",
    "Set pyramid_oauth.registration_all_scopes = true.",
)
def can_step_up(subject: Registration) -> Iterator[str]:
    """A client that registers with its first scopes may ask for more later."""
    scope = subject.client.get("scope")
    more = set(subject.supported) - set(subject.scopes)
    if isinstance(scope, str) and more and set(scope.split()) <= set(subject.scopes):
        yield (
            f"a client that registers with {quote(' '.join(subject.scopes))} may have "
            "no other scope: a step-up will be refused"
        )


@RULES.rule(
    "P406",
    Severity.NOTICE,
    "RFC 7592 section 2.3",
    "Delete it: pyramid-oauth application delete.",
)
def leaves_nothing(subject: Registration) -> Iterator[str]:
    """The clients of this probe are deleted."""
    for client_id in subject.left:
        yield f"the client {quote(client_id)} of this probe could not be deleted"


def _problem(answer: Answer) -> str:
    document = answer.document or {}
    if "error" not in document:
        return answer.described
    return quote(f"{document['error']}: {document.get('error_description', '')}")
