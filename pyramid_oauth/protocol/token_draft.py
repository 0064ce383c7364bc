"""The draft of an access token, and the token steps that change it.

RFC 6749 sections 1.4, 5.1 and 7.1. Token steps bind, limit or describe tokens (RFC
8707, RFC 8705, RFC 9449, OpenID Connect Core section 3.1.3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pyramid_oauth.protocol.request import OAuthRequest

BEARER = "Bearer"

StoredRow = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class TokenDraft:
    """An access token before it is issued, with its token response.

    Attributes:
        grant_type: what it is issued for; `implicit` at the authorization endpoint.
        grant_id: the grant that it belongs to, None for the client's own token.
        token_type: the type named in the response, in storage and at introspection
            (RFC 6749 section 7.1).
        audience: the resource servers it is for.
        lifetime: seconds until it expires.
        scopes: what it allows.
        token_format: the name of the format that encodes it; None leaves the choice to
            the application, then to the setting `access_token_format`.
        claims: stored with the access token and returned by introspection.
        refresh_claims: stored with a new refresh token, through every rotation.
        response: further members of the token response.
        access_token: the encoded token; empty until all steps have built.
    """

    grant_type: str
    grant_id: UUID | None
    token_type: str = BEARER
    audience: tuple[str, ...] = ()
    lifetime: int = 0
    scopes: tuple[str, ...] = ()
    token_format: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    refresh_claims: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    access_token: str = ""
    access_row: StoredRow | None = None
    refresh_row: StoredRow | None = None


class TokenStep:
    """A step of an extension in the issuance of tokens.

    Registered by `add_oauth_token_step`. A step inherits from this class, or has those
    of its methods that it needs.
    """

    def check(self, request: OAuthRequest) -> None:
        """Refuse by raising an OAuth2Error; nothing was generated or written yet."""

    def build(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Change the draft of the access token, before the token is encoded."""

    def finish(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Add members to `draft.response` that need the encoded access token."""


@dataclass(frozen=True, slots=True)
class TokenSteps:
    """The methods that the steps of one grant type have."""

    checks: tuple[Callable[[OAuthRequest], None], ...]
    builds: tuple[Callable[[OAuthRequest, TokenDraft], None], ...]
    finishes: tuple[Callable[[OAuthRequest, TokenDraft], None], ...]

    @classmethod
    def of(cls, steps: Iterable[Any]) -> TokenSteps:
        """The methods of `steps`, in their order."""
        each = list(steps)
        return cls(
            _methods(each, "check"), _methods(each, "build"), _methods(each, "finish")
        )


def _methods(steps: list[Any], name: str) -> tuple[Callable[..., None], ...]:
    """The method `name` of those steps that have one of their own."""
    nothing = getattr(TokenStep, name)
    return tuple(
        getattr(step, name)
        for step in steps
        if getattr(type(step), name, nothing) is not nothing
    )
