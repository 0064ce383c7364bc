"""Security policy of a host (`pyramid.interfaces.ISecurityPolicy`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from pyramid_oauth.interfaces.request import AnyRequest

Headers: TypeAlias = Sequence[tuple[str, str]]
"""The response headers that remember or forget a user."""


class SecurityPolicy(Protocol):
    """A security policy, as the package calls it."""

    def identity(self, request: AnyRequest) -> Any:  # noqa: ANN401 - of the host
        """Return the identity of the user who sent the request, or None."""

    def authenticated_userid(self, request: AnyRequest) -> str | None:
        """Return the identifier of that user, or None."""

    def permits(self, request: AnyRequest, context: Any, permission: str) -> Any:  # noqa: ANN401 - true or false
        """Whether that user has the permission on the context."""

    def remember(self, request: AnyRequest, userid: str, **kw: Any) -> Headers:  # noqa: ANN401 - of the host
        """Return the headers that remember the user at this browser."""

    def forget(self, request: AnyRequest, **kw: Any) -> Headers:  # noqa: ANN401 - of the host
        """Return the headers that forget the user at this browser."""
