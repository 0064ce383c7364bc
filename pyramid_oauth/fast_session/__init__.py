"""The request class of the ready-made server: every request attribute is on it.

Pyramid derives a class anew for each request where `add_request_method` added a
property; that costs more than the routing. The attributes are known at start-up.
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request

LATE = 100
"""After the actions of everybody who adds an attribute."""


def includeme(config: Any) -> None:
    """Make the class when the configuration is complete."""
    config.action(
        "standalone request class", lambda: _settle(config.registry), order=LATE
    )


def _settle(registry: Any) -> None:
    extensions = registry.getUtility(IRequestExtensions)
    made = registry.queryUtility(IRequestFactory, default=Request)
    settled = type("Request", (made,), dict(extensions.descriptors))
    # Pyramid would put them on once more, on a class of each request's own.
    extensions.descriptors.clear()
    registry.registerUtility(settled, IRequestFactory)
