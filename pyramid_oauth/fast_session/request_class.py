"""The request class, with all properties of `add_request_method`.

Pyramid derives a class for each request where `add_request_method` added a property;
that costs more than the routing. The attributes are known at start-up.
"""

from __future__ import annotations

from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request

from pyramid_oauth.interfaces.registry import Registry


def settle_request_class(registry: Registry) -> None:
    """Register a request class that has all attributes of the configuration."""
    extensions = registry.getUtility(IRequestExtensions)
    factory = registry.queryUtility(IRequestFactory, default=Request)
    settled = type("Request", (factory,), dict(extensions.descriptors))
    # Pyramid would otherwise add them again, to a new class for each request.
    extensions.descriptors.clear()
    registry.registerUtility(settled, IRequestFactory)
