"""The types of what hosts, clients and browsers of the tests exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pyramid.config import Configurator

Credentials: TypeAlias = dict[str, str]
"""What authenticates a client at the token endpoint: form parameters."""
Form: TypeAlias = dict[str, str]
"""The parameters of a request or a response."""
Claims: TypeAlias = dict[str, Any]
"""The claims of a JWT, or another JSON object."""
Metadata: TypeAlias = dict[str, Any]
"""A JSON response: tokens, or the metadata of a client."""
Headers: TypeAlias = dict[str, str] | None
"""Headers of a request."""
Status: TypeAlias = int | str
"""The status that WebTest expects; `*` is any."""
Configure: TypeAlias = Callable[[Configurator], object]
"""What a host configures beside the server."""
View: TypeAlias = dict[str, Any]
"""The introspectable of a view."""
