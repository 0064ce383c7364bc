"""One authorization request on its way through the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.protocol.endpoints import AuthorizationEndpoint
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.consents import FoundConsent
from pyramid_oauth.server import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequest:
    """The parsed parameters of an authentication request.

    `max_age` is in seconds. `acrs` are the values of which the login must reach one,
    `acr_values` those that were only wished for. `subjects` are the only ones that may
    be answered for, each as the client knows it (None: anybody). `auth_time` says that
    the time of the login must be known. `claims` is what the parameter of that name
    asked for, by target; `claims_locales` are the languages it is wanted in.
    """

    nonce: str | None = None
    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    subjects: frozenset[str] | None = None
    auth_time: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict)
    claims_locales: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The values as JSON has them, to be stored with a pending request."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["subjects"] = None if self.subjects is None else sorted(self.subjects)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AuthenticationRequest:
        """What `as_json` made, come back from the database or not."""
        subjects = values["subjects"]
        return cls(
            **{
                **values,
                "acrs": tuple(values["acrs"]),
                "acr_values": tuple(values["acr_values"]),
                "subjects": None if subjects is None else frozenset(subjects),
                "claims_locales": tuple(values["claims_locales"]),
            }
        )


NONE = AuthenticationRequest()


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
    `decided` holds what of `asked` it allowed (None: not asked yet). `remembered` is
    the consent of before; `missing` is what is new to the resource owner, `known` what
    was allowed before.
    `demands` is what an OpenID request says of the login. `state` is what steps keep
    with a request that pauses, `details` what they store with the grant; both are JSON,
    and each extension has a member of its own.
    """

    request: Any
    server: Server
    oauth: OAuthRequest
    pending: Any = None
    handle: str | None = None
    form: dict[str, str] | None = None
    decided: list[str] | None = None
    account: Account | None = None
    remembered: FoundConsent | None = None
    missing: Sequence[str] = ()
    known: Sequence[str] = ()
    demands: AuthenticationRequest = NONE
    carrier: Carrier = Carrier.PLAIN
    is_validated: bool = False
    state: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    grant_values: dict[str, Any] = field(default_factory=dict)

    @property
    def endpoint(self) -> AuthorizationEndpoint:
        """oauthlib's authorization endpoint."""
        endpoint: AuthorizationEndpoint = self.server.oauthlib_endpoints["authorize"]
        return endpoint

    @property
    def client(self) -> Any:
        """The application that asks."""
        return self.oauth.client

    @property
    def scopes(self) -> list[str]:
        """The scopes in question."""
        return self.oauth.scopes or []

    @property
    def asked(self) -> list[str]:
        """What the resource owner decides about: the scopes, and those beside them.

        Who asks for single claims (OpenID Connect Core section 5.5) asks for what
        a scope stands for, and gets no more by it than the person allows.
        """
        claims, client = self.server.claims, self.client
        named = {name for part in self.demands.claims.values() for name in part or ()}
        covering = {claims.scope_of(name) for name in named} - {None, *self.scopes}
        if not covering:
            return self.scopes
        scopes = self.server.scopes
        return self.scopes + [
            name
            for name in scopes.catalogue(self.request)
            if name in covering and scopes.allows(name, client, self.request)
        ]

    @property
    def may_show_parameters(self) -> bool:
        """Whether the parameters may be seen in a URL: they came in one."""
        return self.carrier is Carrier.PLAIN

    @property
    def is_openid(self) -> bool:
        """Whether this is an authentication request (OpenID Connect Core 3.1.2.1)."""
        return self.server.settings.openid and "openid" in self.scopes

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
    def shown(self) -> Sequence[str]:
        """What the page asks about: the new scopes, or all where none is new."""
        return self.missing or self.asked

    def is_optional(self, scope: str) -> bool:
        """Whether the resource owner may untick `scope`."""
        return self.server.scopes.is_optional(scope, self.client, self.request)
