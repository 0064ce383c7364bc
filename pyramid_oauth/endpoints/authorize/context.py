"""Authorization request in progress: the state that its steps share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Account
from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.consent_records import ConsentRow, FoundConsent
from pyramid_oauth.server import Server, ServerRequest

NAME = "authorize"
"""The name of the endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequirements:
    """What a request demands of the login; extensions derive it from parameters.

    Attributes:
        max_age: the greatest age of the login, in seconds.
        acrs: authentication context class references, of which one must be reached.
        can_reach_acrs: whether the server can reach any of them.
        preferred_acrs: the classes that the client asked for, voluntary ones too, the
            preferred one first.
        auth_time: whether the time of the login must be known.
        accepts: whether the request may be granted for an account; None: for any.
        hints: further hints for the login page.
    """

    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    can_reach_acrs: bool = True
    preferred_acrs: tuple[str, ...] = ()
    auth_time: bool = False
    accepts: Callable[[Account], bool] | None = None
    hints: Mapping[str, str] = field(default_factory=dict)


NO_REQUIREMENTS = AuthenticationRequirements()


class Carrier(StrEnum):
    """How the parameters of a request were sent.

    Only those of a PLAIN request were in a URL, and may be in one again. A
    REQUEST_OBJECT (RFC 9101) may be confidential and accepted only once; so may a
    PUSHED request (RFC 9126).
    """

    PLAIN = "plain"
    REQUEST_OBJECT = "request_object"
    PUSHED = "pushed"


@dataclass
class Authorization:
    """State of one authorization request, which the steps read and fill.

    `state` and `details` are JSON; each extension has one member of its own in them.

    Attributes:
        request: the Pyramid request.
        server: the Server.
        parameters: the parameters of the request.
        session: the SQLAlchemy session, where it is known already.
        moment: the moment at which the request is judged, where it is known already.
        oauth: the request as oauthlib reads it, with `client`, `scopes` and `user`.
        prompts: the values of `prompt` (OpenID Connect Core section 3.1.2.1).
        pending: the row of a pending request that the browser resumes.
        started_at: when the request was first stored; None for a new one.
        form: what the consent page posted.
        answers_json: whether a script of the site is answered, by JSON.
        source_ids: the stored requests that this one was loaded from, besides
            `pending`; its answer consumes them.
        account: the login at the browser.
        consent_row: the stored consent, if it was read with the login.
        requirements: what the request demands of the login.
        display: how the client wants the page shown.
        remembered: the stored consent; None for a trusted application.
        remembered_items: the consent items that it covers.
        new_items: the others.
        approved_items: what the consent page allowed; None where it was not shown.
        carrier: how the parameters were sent.
        is_validated: whether VALIDATE was passed before the request was stored.
        refusal: the error for which the request was refused before it was stored.
        state: what steps keep with a request that pauses.
        details: what steps store with the grant.
        grant_values: further columns of the grant.
    """

    request: ServerRequest
    server: Server
    parameters: InitVar[dict[str, str]]
    session: InitVar[Session | None] = None
    moment: InitVar[datetime | None] = None
    oauth: OAuthRequest = field(init=False)
    prompts: frozenset[str] = field(init=False)
    pending: Any = None
    started_at: datetime | None = None
    form: dict[str, str] | None = None
    answers_json: bool = False
    source_ids: list[Any] = field(default_factory=list)
    account: Account | None = None
    consent_row: ConsentRow | None = None
    requirements: AuthenticationRequirements = NO_REQUIREMENTS
    display: str | None = None
    remembered: FoundConsent | None = None
    remembered_items: Sequence[ConsentItem] = ()
    new_items: Sequence[ConsentItem] = ()
    approved_items: Sequence[ConsentItem] | None = None
    carrier: Carrier = Carrier.PLAIN
    is_validated: bool = False
    refusal: OAuth2Error | None = None
    state: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    grant_values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(
        self,
        parameters: dict[str, str],
        session: Session | None,
        moment: datetime | None,
    ) -> None:
        self._set_parameters(parameters, session, moment)

    def replace_parameters(self, parameters: dict[str, str]) -> None:
        """Continue with other parameters, such as those of a request object."""
        replaced = self.oauth
        self._set_parameters(parameters, replaced.session, replaced.now)
        self.oauth.is_from_client = replaced.is_from_client

    def _set_parameters(
        self,
        parameters: dict[str, str],
        session: Session | None,
        moment: datetime | None,
    ) -> None:
        known = self.server.parameters[NAME]
        self.oauth = OAuthRequest(
            self.request, self.server, parameters, known, session, moment
        )
        self.prompts = frozenset((self.oauth.prompt or "").split())

    @cached_property
    def items_by_source(self) -> Sequence[tuple[ConsentSource, Sequence[ConsentItem]]]:
        """The consent items of each source for this request; each is asked once."""
        sent = self.oauth.parameters
        return tuple(
            (source, source.items(self))
            for source in self.server.consent_sources.values()
            if not (source.parameters and source.parameters.isdisjoint(sent))
        )

    @property
    def awaits_login(self) -> bool:
        """Whether the request was stored until somebody logs in."""
        return self.pending is not None and self.pending.user_id is None
