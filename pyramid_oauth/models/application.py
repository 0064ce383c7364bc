"""Application: the model of an OAuth client.

RFC 6749 section 2. A host adds columns in a subclass and names that class in the
configuration.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast

from pyramid.authorization import Allow
from sqlalchemy import JSON, Boolean, Integer, String, Text, inspect, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from pyramid_oauth import hashing
from pyramid_oauth.accounts import Owner
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.interfaces.request import AnyRequest
from pyramid_oauth.models.application_validation import (
    LIFETIMES,
    STRICT,
    ApplicationRules,
    application_errors,
)
from pyramid_oauth.models.client_secrets import ClientSecrets
from pyramid_oauth.models.columns import UtcDateTime, constants, new_client_id
from pyramid_oauth.models.metadata_columns import columns_by_member
from pyramid_oauth.models.native_redirects import is_own_native
from pyramid_oauth.models.redirect_uris import Rules, first_difference
from pyramid_oauth.settings.converters import seconds

CONFIDENTIAL, PUBLIC = "confidential", "public"
"""The client types (RFC 6749 section 2.1)."""

ADMINISTRATOR, REGISTRATION = "administrator", "registration"
OWNER, METADATA_DOCUMENT = "owner", "document"
"""Who added an application (`source`)."""

OWNER_PERMISSIONS = (
    "view_application",
    "change_application",
    "rotate_application_secret",
    "delete_application",
)
"""The permissions that owners have on their applications."""


class AbstractApplication(ClientSecrets):
    """An OAuth client; the host maps it on its declarative base.

    Columns with several values hold words separated by spaces.

    Attributes:
        user_id: The owner of the application. It is not a resource owner.
        name: The name that users see.
        redirect_uris: Where authorization responses may go.
        post_logout_redirect_uris: Where the browser may go after a logout.
        allowed_origins: The origins whose scripts may read responses to the client.
        client_type: `confidential` or `public` (RFC 6749 section 2.1).
        authorization_grant_type: One or several grant types.
        token_endpoint_auth_method: How it authenticates, at every endpoint.
        client_secret: The digest of the secret, as is `retiring_client_secret`.
        client_secret_expires_at: None: never.
        retiring_client_secret: The former secret, valid for a while after a rotation.
        retiring_client_secret_expires_at: The end of that time.
        sealed_client_secret: The encrypted secret, if it also serves as a key.
        registration_token_digest: The digest of its registration access token.
        source: Who made it: administrator, owner, or the client by either other way.
        skip_authorization: Whether users are never asked for consent.
        allowed_scopes: The scopes it may request; None allows the whole catalogue.
        default_scopes: The scopes of a request without any; None: those of the server.
        pkce_required: None: as the server requires.
        access_token_lifetime: Seconds, as are both lifetimes of refresh tokens; None:
            as the server defines.
        refresh_token_idle_lifetime: Seconds without a refresh.
        refresh_token_absolute_lifetime: Seconds that no refresh extends.
        introspection: Which tokens it may introspect: its `own` ones and those meant
            for it, or `any`.
        client_metadata: Members of RFC 7591 without a column; see `declared`.
        disabled_at: Set while the application is disabled.
        disabled_by: `owner` if its owner did that, who may then enable it again.
        revision: The number of changes. It shows that a cached copy is outdated.
    """

    __tablename__ = "oauth_application"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_id: Mapped[str] = mapped_column(
        String(255), unique=True, default=new_client_id
    )
    user_id: Mapped[str | None] = mapped_column(String(255), index=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    redirect_uris: Mapped[str] = mapped_column(Text, default="")
    post_logout_redirect_uris: Mapped[str] = mapped_column(Text, default="")
    allowed_origins: Mapped[str] = mapped_column(Text, default="")
    client_type: Mapped[str] = mapped_column(String(12), default=CONFIDENTIAL)
    authorization_grant_type: Mapped[str] = mapped_column(
        Text, default="authorization_code"
    )
    token_endpoint_auth_method: Mapped[str] = mapped_column(
        String(64), default="client_secret_basic"
    )
    client_secret: Mapped[str | None] = mapped_column(String(255))
    retiring_client_secret: Mapped[str | None] = mapped_column(String(255))
    retiring_client_secret_expires_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )
    client_secret_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_client_secret: Mapped[str | None] = mapped_column(Text)
    registration_token_digest: Mapped[str | None] = mapped_column(
        String(hashing.DIGEST_LENGTH)
    )
    source: Mapped[str] = mapped_column(String(16), default=ADMINISTRATOR)
    skip_authorization: Mapped[bool] = mapped_column(Boolean, default=False)
    allowed_scopes: Mapped[str | None] = mapped_column(Text)
    default_scopes: Mapped[str | None] = mapped_column(Text)
    pkce_required: Mapped[bool | None] = mapped_column(Boolean)
    access_token_lifetime: Mapped[int | None] = mapped_column(Integer)
    refresh_token_idle_lifetime: Mapped[int | None] = mapped_column(Integer)
    refresh_token_absolute_lifetime: Mapped[int | None] = mapped_column(Integer)
    introspection: Mapped[str] = mapped_column(String(12), default="own")
    client_metadata: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    revision: Mapped[int] = mapped_column(
        Integer, default=1, onupdate=text("revision + 1")
    )

    def __init__(self, **values: object) -> None:
        # Set the defaults now, so that `validate` sees the values to be stored.
        values.setdefault("client_id", new_client_id())
        values = {**constants(type(self)), **values}
        if hasattr(super().__init__, "__func__"):
            super().__init__(**values)
        else:  # without a base: a registry mapped the class
            inspect(type(self)).registry.constructor(self, **values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.client_id}>"

    @property
    def __acl__(self) -> list[tuple[str, object, object]]:
        """Pyramid's access control list; a host may extend or replace it.

        The entries of the administrators come from the root of the tree.
        """
        if self.user_id is None:
            return []
        return [(Allow, Owner(str(self.user_id)), OWNER_PERMISSIONS)]

    @property
    def is_self_service(self) -> bool:
        """Whether no administrator created the client, so that nobody vouches for it.

        Its name, logo and redirect URIs may be an attacker's.
        """
        return self.source != ADMINISTRATOR

    @property
    def is_usable(self) -> bool:
        """Whether the application is enabled; a host may add conditions."""
        return self.disabled_at is None

    @property
    def is_public(self) -> bool:
        """Whether the client cannot keep a secret (RFC 6749 section 2.1)."""
        return self.client_type == PUBLIC

    @property
    def grant_types(self) -> list[str]:
        """The grant types the client may use."""
        return self.authorization_grant_type.split()

    @property
    def response_types(self) -> list[str]:
        """The response types the client may use (RFC 7591 section 2)."""
        declared = (self.client_metadata or {}).get("response_types")
        if declared is not None:
            return list(declared)
        types = {"authorization_code": "code", "implicit": "token"}
        return [types[grant] for grant in self.grant_types if grant in types]

    def declared(self, member: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return the client metadata `member` (RFC 7591 section 2), or `default`."""
        return self.declared_members.get(member, default)

    @property
    def declared_members(self) -> dict[str, Any]:
        """All client metadata without a column of ours, also those in host columns."""
        stored, mapped = self.client_metadata or {}, cast(Any, type(self))
        columns = columns_by_member(mapped)
        in_columns = {name: getattr(self, key) for name, key in columns.items()}
        given = {name: value for name, value in in_columns.items() if value is not None}
        return stored | given if given else stored

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether the client may use any of `grant_types`."""
        return not set(grant_types).isdisjoint(self.grant_types)

    def allows_response_type(
        self, response_type: str, grant_types: Collection[str]
    ) -> bool:
        """Whether the client may use `response_type`, in any order of its words.

        Args:
            response_type: The requested response type.
            grant_types: The grant types that it requires (RFC 7591 section 2.1).
        """
        if not set(grant_types).issubset(self.grant_types):
            return False
        requested = set(response_type.split())
        return any(
            requested == set(declared.split()) for declared in self.response_types
        )

    def redirect_uri_allowed(self, redirect_uri: str, rules: Rules = STRICT) -> bool:
        """Whether `redirect_uri` is one of the registered ones (RFC 9700 2.1)."""
        return any(
            first_difference(registered, redirect_uri, rules) is None
            for registered in self.redirect_uris.split()
        ) or is_own_native(self, redirect_uri, rules)

    @property
    def default_redirect_uri(self) -> str | None:
        """The registered redirect URI if there is exactly one, else None."""
        uris = self.redirect_uris.split()
        return uris[0] if len(uris) == 1 else None

    def origin_allowed(self, origin: str) -> bool:
        """Whether a browser page of `origin` may call the token endpoint."""
        return origin in self.allowed_origins.split()

    def lifetime(self, name: str, request: AnyRequest) -> int | timedelta | None:
        """Return the lifetime of a token of this client; a subclass may override it.

        Args:
            name: The column with the lifetime, such as "access_token_lifetime".
            request: The Pyramid request, for a lifetime that depends on it.

        Returns:
            Seconds or a timedelta; None if the server's setting applies.
        """
        value: int | None = getattr(self, name)
        return value

    def validate(self, rules: ApplicationRules = STRICT) -> None:
        """Validate all fields.

        Args:
            rules: What the server allows: `server.application_rules`.

        Raises:
            FieldErrors: One or more fields are invalid; it has all errors.
        """
        errors = self.field_errors(rules)
        if errors:
            raise FieldErrors(errors)

    def field_errors(self, rules: ApplicationRules = STRICT) -> dict[str, list[str]]:
        """Return all errors by field; a subclass extends the result of ``super()``.

        Args:
            rules: What the server allows: `server.application_rules`.
        """
        return application_errors(self, rules)

    @validates(*LIFETIMES)
    def _in_seconds(self, key: str, value: int | timedelta | None) -> int | None:
        return seconds(value) if isinstance(value, timedelta) else value

    @validates("client_secret", "retiring_client_secret")
    def _only_stored_forms(self, key: str, value: str | None) -> str | None:
        if value is not None and not hashing.is_stored_form(value):
            cure = "use new_client_secret() or set_client_secret()"
            raise ValueError(f"{key} must be a digest; {cure}")
        return value

    @property
    def has_chosen_secret(self) -> bool:
        """Whether a person chose the secret, or the one that is being retired."""
        own, retiring = self.client_secret, self.retiring_client_secret
        return (own is not None and own.startswith(hashing.CHOSEN)) or (
            retiring is not None and retiring.startswith(hashing.CHOSEN)
        )

    def client_secret_matches(self, presented: str) -> bool:
        """Whether `presented` is the secret, or the old one during the overlap."""
        until = self.client_secret_expires_at
        is_valid = until is None or until > now()
        if is_valid and hashing.matches(self.client_secret, presented):
            return True
        expires_at = self.retiring_client_secret_expires_at
        if expires_at is None or expires_at <= now():
            return False
        return hashing.matches(self.retiring_client_secret, presented)
