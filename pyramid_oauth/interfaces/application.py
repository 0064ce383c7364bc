"""Application: the stored row of a client (RFC 6749 section 2)."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias


class Application(Protocol):
    """What the checks of an application's fields read.

    It is for the checks that `pyramid_oauth.models.AbstractApplication` itself runs.
    Other code names that mixin, which every class of a host must have.
    """

    client_id: str
    name: str
    client_type: str
    redirect_uris: str
    post_logout_redirect_uris: str
    allowed_origins: str
    authorization_grant_type: str
    token_endpoint_auth_method: str
    client_secret: str | None
    allowed_scopes: str | None
    default_scopes: str | None
    pkce_required: bool | None
    skip_authorization: bool
    introspection: str
    client_metadata: dict[str, Any]

    @property
    def is_self_service(self) -> bool:
        """Whether no administrator vouches for the client."""

    @property
    def is_public(self) -> bool:
        """Whether the client cannot keep a secret."""

    @property
    def grant_types(self) -> list[str]:
        """The grant types the client may use."""

    @property
    def has_chosen_secret(self) -> bool:
        """Whether a person chose the secret, or the one that is being retired."""

    def declared(self, member: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return the client metadata `member`, or `default`."""

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether the client may use any of `grant_types`."""


AnyApplication: TypeAlias = Any
"""The application of a method that a host overrides: an instance of its own class."""
