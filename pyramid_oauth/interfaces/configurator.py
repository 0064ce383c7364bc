"""Configurator: Pyramid's configurator (`pyramid.config.Configurator`)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any, Protocol, TypeVar

from pyramid_oauth.interfaces.registry import Registry

Found = TypeVar("Found")


class Introspectable(Protocol):
    """What a directive tells of a registration (`pyramid.registry.Introspectable`)."""

    def __getitem__(self, key: str, /) -> Any: ...  # noqa: ANN401 - the key tells it

    def __setitem__(self, key: str, value: object, /) -> None: ...


class ViewDeriverInfo(Protocol):
    """What a view deriver knows of a view (`pyramid.interfaces.IViewDeriverInfo`)."""

    options: dict[str, Any]
    exception_only: bool
    original_view: Any
    predicates: list[Any]
    registry: Registry


class Configurator(Protocol):
    """A Pyramid configurator, with the methods that the package calls.

    A directive of another package is an attribute of any name, as Pyramid has it. The
    directives of this package have their types in `pyramid_oauth.typing`.
    """

    registry: Registry
    route_prefix: str | None
    package: ModuleType

    def action(
        self,
        discriminator: object,
        callable: Callable[..., object] | None = None,
        args: tuple[object, ...] = (),
        kw: dict[str, object] | None = None,
        order: int = 0,
        introspectables: Collection[Introspectable] = (),
    ) -> None:
        """Register an action, which is executed with its conflicts resolved."""

    def introspectable(
        self, category_name: str, discriminator: object, title: str, type_name: str, /
    ) -> Introspectable:
        """Return a new introspectable."""

    def maybe_dotted(self, dotted: Found | str, /) -> Found:
        """Return the object with this dotted name; another object as it is."""

    def get_settings(self) -> dict[str, Any]:
        """Return the deployment settings."""

    def include(
        self,
        callable: str | ModuleType | Callable[[Any], object],
        route_prefix: str | None = None,
    ) -> None:
        """Include a package, a module or a function that configures."""

    def add_directive(
        self, name: str, directive: Callable[..., Any], action_wrap: bool = True
    ) -> None:
        """Add a method to the configurator."""

    def add_route(self, name: str, pattern: str | None = None, **kw: object) -> None:
        """Add a route."""

    def add_view(self, view: object = None, **kw: object) -> None:
        """Add a view."""

    def scan(self, package: object = None, **kw: object) -> None:
        """Register what is decorated in a package."""

    def commit(self) -> None:
        """Execute the actions that are pending."""

    def make_wsgi_app(self) -> Any:  # noqa: ANN401 - a Router
        """Commit, and return the WSGI application."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return another method of Pyramid, or a directive."""
