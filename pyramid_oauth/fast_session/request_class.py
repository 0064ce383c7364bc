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
    attributes = dict(extensions.descriptors)
    if factory.path_info is WEBOB_PATH:
        attributes.setdefault("path_info", PATH)
    settled = type("Request", (factory,), attributes)
    # Pyramid would otherwise add them again, to a new class for each request.
    extensions.descriptors.clear()
    if not extensions.methods:  # nor look for methods in each request
        registry.unregisterUtility(extensions, IRequestExtensions)
    registry.registerUtility(settled, IRequestFactory)


WEBOB_PATH: property = Request.path_info


def _path(request: Request) -> str:
    raw: str = request.environ.get("PATH_INFO", "")
    # Without a path, WebOb has its own answer.
    return raw if raw and raw.isascii() else WEBOB_PATH.__get__(request)


PATH = property(_path, WEBOB_PATH.fset, WEBOB_PATH.fdel, WEBOB_PATH.__doc__)
"""`path_info`, which pyramid_tm and the routes read in each request.

WebOb encodes and decodes the path each time, which changes nothing in ASCII.
"""
