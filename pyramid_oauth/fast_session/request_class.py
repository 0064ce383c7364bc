"""The request class: every request attribute is on it from the start.

Pyramid derives a class anew for each request where `add_request_method` added a
property; that costs more than the routing. The attributes are known at start-up.
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request


def settle_request_class(registry: Any) -> None:
    """Register a request class that has all attributes of the configuration."""
    extensions = registry.getUtility(IRequestExtensions)
    made = registry.queryUtility(IRequestFactory, default=Request)
    settled = type("Request", (made,), dict(extensions.descriptors))
    # Pyramid would put them on once more, on a class of each request's own.
    extensions.descriptors.clear()
    registry.registerUtility(settled, IRequestFactory)
