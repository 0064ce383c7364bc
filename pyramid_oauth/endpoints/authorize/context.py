"""One authorization request on its way through the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.protocol.endpoints import AuthorizationEndpoint
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.consents import FoundConsent
from pyramid_oauth.server import Server

NAME = "authorize"
"""The name of the endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequirements:
    """What a request demands of the login; extensions read it out of the request.

    Attributes:
        max_age: seconds since the login, at most.
        acrs: authentication context class references of which one must be reached.
        can_reach_acrs: whether the server can reach any of them.
        auth_time: whether the time of the login must be known.
        accepts: whether a positive answer may be about the account; None: anybody.
        hints: what the login page may know, besides the parameters.
    """

    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    can_reach_acrs: bool = True
    auth_time: bool = False
    accepts: Callable[[Account], bool] | None = None
    hints: Mapping[str, str] = field(default_factory=dict)


NO_REQUIREMENTS = AuthenticationRequirements()


class Carrier(StrEnum):
    """What brought the parameters of a request.

    Only those of a PLAIN one came in a URL, and may be seen in one again. A
    REQUEST_OBJECT (RFC 9101) may be confidential and accepted once only; so may a
    PUSHED request (RFC 9126).
    """

    PLAIN = "plain"
    REQUEST_OBJECT = "request_object"
    PUSHED = "pushed"


@dataclass
class Authorization:
    """What is known of a request so far.

    `pending` is the row of a request at rest, `form` what the consent page posted;
    `decided` holds what of `consent_items` it allowed (None: not asked). `remembered`
    is the consent of before; `missing` is what is new to the resource owner, `known`
    what was allowed before. `requirements` is what the request says of the login,
    `display` how the client wants the page shown. `state` is what steps keep with a
    request that pauses, `details` what they store with the grant; both are JSON, and
    each extension has a member of its own.
    """

    request: Any
    server: Server
    oauth: OAuthRequest
    pending: Any = None
    handle: str | None = None
    form: dict[str, str] | None = None
    decided: Sequence[ConsentItem] | None = None
    account: Account | None = None
    remembered: FoundConsent | None = None
    missing: Sequence[ConsentItem] = ()
    known: Sequence[ConsentItem] = ()
    requirements: AuthenticationRequirements = NO_REQUIREMENTS
    display: str | None = None
    carrier: Carrier = Carrier.PLAIN
    is_validated: bool = False
    state: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    grant_values: dict[str, Any] = field(default_factory=dict)

    def replace_parameters(self, parameters: dict[str, str]) -> None:
        """Go on with a request that stood behind what the browser brought."""
        known = self.oauth.known
        self.oauth = OAuthRequest(self.request, self.server, parameters, known)

    @property
    def endpoint(self) -> AuthorizationEndpoint:
        """oauthlib's authorization endpoint."""
        endpoint: AuthorizationEndpoint = self.server.oauthlib_endpoints[NAME]
        return endpoint

    @property
    def client(self) -> Any:
        """The application that asks."""
        return self.oauth.client

    @property
    def scopes(self) -> list[str]:
        """The scopes in question."""
        return self.oauth.scopes or []

    @cached_property
    def brought_items(self) -> Sequence[tuple[ConsentSource, Sequence[ConsentItem]]]:
        """What each source asks for; the sources are asked once."""
        sources = self.server.consent_sources.values()
        return tuple((source, source.items(self)) for source in sources)

    @property
    def consent_items(self) -> list[ConsentItem]:
        """What the resource owner decides about: scopes, and what extensions add."""
        return [item for _, items in self.brought_items for item in items]

    @property
    def may_show_parameters(self) -> bool:
        """Whether the parameters may be seen in a URL: they came in one."""
        return self.carrier is Carrier.PLAIN

    @property
    def began(self) -> datetime | None:
        """When the request was first put to rest; None where it just arrived."""
        moment: datetime | None = (
            None if self.pending is None else (self.pending.created_at)
        )
        return moment

    @property
    def awaits_login(self) -> bool:
        """Whether the request was put to rest for somebody to log in."""
        return self.pending is not None and self.pending.user_id is None

    @property
    def prompts(self) -> frozenset[str]:
        """The words of `prompt` (OpenID Connect Core section 3.1.2.1)."""
        return frozenset((self.oauth.prompt or "").split())

    @property
    def shown(self) -> Sequence[ConsentItem]:
        """What the page asks about: the new items, or all where none is new."""
        return self.missing or self.consent_items
