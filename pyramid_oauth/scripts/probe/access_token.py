"""Probe of an MCP server with an access token that the operator has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyramid_oauth.scripts.probe.challenge import bearer_parameters
from pyramid_oauth.scripts.probe.client import Answer
from pyramid_oauth.scripts.probe.rules import RuleSet, quote
from pyramid_oauth.settings.checks import Severity


@dataclass(frozen=True)
class AuthorizedCall:
    """The answer to a call with the token."""

    answer: Answer

    @property
    def challenge(self) -> Mapping[str, str]:
        """The parameters of the challenge."""
        return bearer_parameters(self.answer.header("WWW-Authenticate")) or {}


RULES: RuleSet[AuthorizedCall] = RuleSet()


@RULES.rule(
    "P501",
    Severity.ERROR,
    "MCP 2026-07-28, Token Handling; RFC 8707 section 2",
    "Look whether it has expired, and whether its audience is the URL of the MCP "
    "server: pyramid_oauth.resources at the authorization server.",
)
def accepts_the_token(subject: AuthorizedCall) -> Iterator[str]:
    """The token opens the MCP server."""
    if subject.answer.status == 401:
        described = quote(subject.challenge.get("error_description", ""))
        yield f"the token is refused with 401: {described}"
    elif subject.answer.status >= 500 or not subject.answer.status:
        yield f"the call with the token fails: {subject.answer.described}"


@RULES.rule(
    "P502",
    Severity.ERROR,
    "MCP 2026-07-28, Scope Challenge Handling",
    "Ask for a token with these scopes.",
)
def has_enough_scopes(subject: AuthorizedCall) -> Iterator[str]:
    """The scopes of the token suffice for the first call."""
    if subject.answer.status == 403:
        yield f"the token needs the scopes {quote(subject.challenge.get('scope', ''))}"


@RULES.rule(
    "P503",
    Severity.WARNING,
    "MCP 2026-07-28, Runtime Insufficient Scope Errors",
    "Send error=insufficient_scope, scope and resource_metadata with the 403.",
)
def explains_a_refusal(subject: AuthorizedCall) -> Iterator[str]:
    """A 403 says which scopes are missing, so that clients can step up."""
    if subject.answer.status != 403:
        return
    challenge = subject.challenge
    if challenge.get("error") != "insufficient_scope" or "scope" not in challenge:
        yield "the 403 has no error=insufficient_scope with scope: no client steps up"
