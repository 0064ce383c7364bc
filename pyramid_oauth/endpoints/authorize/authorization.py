"""One authorization request on its way through the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server


@dataclass
class Authorization:
    """What is known of a request so far.

    `pending` is the row of a request at rest, `form` what the consent page posted;
    `decided` holds the scopes which it allowed (None: not asked yet). `missing` are
    the scopes that are new to the resource owner, `known` those allowed before.
    """

    request: Any
    server: Server
    oauth: OAuthRequest
    pending: Any = None
    handle: str | None = None
    form: dict[str, str] | None = None
    decided: list[str] | None = None
    account: Account | None = None
    handler: Any = None
    missing: Sequence[str] = ()
    known: Sequence[str] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def client(self) -> Any:
        """The application that asks."""
        return self.oauth.client

    @property
    def scopes(self) -> list[str]:
        """The scopes in question."""
        return self.oauth.scopes or []

    @property
    def prompts(self) -> frozenset[str]:
        """The words of `prompt` (OpenID Connect Core section 3.1.2.1)."""
        return frozenset((self.oauth.prompt or "").split())

    @property
    def shown(self) -> Sequence[str]:
        """What the page asks about: the new scopes, or all where none is new."""
        return self.missing or self.scopes

    def is_optional(self, scope: str) -> bool:
        """Whether the resource owner may untick `scope`."""
        return self.server.scopes.is_optional(scope, self.client, self.request)
