"""Request: Pyramid's request (`pyramid.request.Request`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import IO, Any, Protocol, TypeAlias, TypeVar, overload

from pyramid_oauth.interfaces.registry import Registry

Default = TypeVar("Default")


class Parameters(Protocol):
    """The parameters of a query or a form (`webob.multidict.MultiDict`)."""

    def __getitem__(self, name: str, /) -> str: ...

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def __len__(self) -> int: ...

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: Default, /) -> str | Default: ...

    def getall(self, name: str, /) -> list[str]:
        """Return all values of a parameter."""

    def items(self) -> Any:  # noqa: ANN401 - an iterator or a view
        """Return the pairs of name and value."""


class Session(Protocol):
    """The HTTP session of a host (`pyramid.interfaces.ISession`)."""

    def __getitem__(self, key: str, /) -> Any: ...  # noqa: ANN401 - the key tells it

    def __setitem__(self, key: str, value: object, /) -> None: ...

    def __contains__(self, key: object, /) -> bool: ...

    def get(self, key: str, default: object = None, /) -> Any:  # noqa: ANN401 - the key tells it
        """Return the value of `key`, or `default`."""

    def pop(self, key: str, default: object = None, /) -> Any:  # noqa: ANN401 - the key tells it
        """Remove `key` and return its value, or `default`."""

    def invalidate(self) -> None:
        """Remove everything, and begin a new session."""


class Request(Protocol):
    """A Pyramid request, with the attributes that the package reads.

    A host's own request attributes are added in a subclass of this protocol::

        class MyRequest(OAuthRequest, Protocol):
            dbsession: Session
    """

    environ: dict[str, Any]
    registry: Registry
    method: str
    path: str
    host_url: str
    url: str
    query_string: str
    body: bytes
    body_file: IO[bytes]
    charset: str
    content_length: int | None
    content_type: str
    is_body_readable: bool
    is_body_seekable: bool
    remote_addr: str | None
    user_agent: str | None
    headers: MutableMapping[str, str]
    locale_name: str
    matchdict: Mapping[str, Any] | None
    # Of WebOb, Pyramid and zope.i18n, and of what the host registers for them.
    accept_language: Any
    context: Any
    exception: Any
    localizer: Any
    matched_route: Any
    response: Any
    tm: Any

    @property
    def GET(self) -> Parameters:
        """The parameters of the query."""

    @property
    def POST(self) -> Parameters:
        """The parameters of the form."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the browser sent."""

    @property
    def session(self) -> Session:
        """The HTTP session, if the host has a session factory."""

    @property
    def authenticated_userid(self) -> str | None:
        """The user, as the host's security policy knows them."""

    def add_response_callback(self, callback: Callable[[Any, Any], object], /) -> None:
        """Call `callback` with the request and the response once there is one."""

    def add_finished_callback(self, callback: Callable[[Any], object], /) -> None:
        """Call `callback` with the request when it ends."""

    def route_path(self, route_name: str, /, *elements: object, **kw: object) -> str:
        """Return the path of a route."""

    def route_url(self, route_name: str, /, *elements: object, **kw: object) -> str:
        """Return the URL of a route."""

    def resource_path(self, resource: object, /, *elements: str, **kw: object) -> str:
        """Return the path of a resource of the tree."""

    def static_path(self, path: str, /, **kw: object) -> str:
        """Return the path of a static asset."""

    def has_permission(self, permission: str, context: object = None, /) -> Any:  # noqa: ANN401 - true or false
        """Whether the security policy gives the permission."""

    def invoke_exception_view(self, exc_info: object = None, /) -> Any:  # noqa: ANN401 - a Response
        """Return the response of the exception view for the current exception."""


AnyRequest: TypeAlias = Any
"""The request of a method that a host overrides.

A parameter of an override may have a narrower type only if that of the base is Any: so
the host can name its own request class, or `pyramid_oauth.typing.OAuthRequest`.
"""
