"""Registry: Pyramid's application registry (`pyramid.registry.Registry`)."""

from __future__ import annotations

from typing import Any, Protocol


class Registry(Protocol):
    """The registry of an application: its settings, subscribers and utilities.

    Attributes:
        settings: The deployment settings.
        has_listeners: Whether there are subscribers of events.
        adapters: What is registered for interfaces (`zope.interface.adapter`).
    """

    settings: dict[str, Any]
    has_listeners: bool
    adapters: Any

    def notify(self, *events: object) -> None:
        """Call the subscribers of `events`."""

    # The type of the value depends on the key.
    def __getitem__(self, key: str, /) -> Any: ...  # noqa: ANN401 - the key tells it

    def __setitem__(self, key: str, value: object, /) -> None: ...

    def __contains__(self, key: object, /) -> bool: ...

    def get(self, key: str, default: object = None, /) -> Any:  # noqa: ANN401 - the key tells it
        """Return the value of `key`, or `default`."""

    def setdefault(self, key: str, default: object, /) -> Any:  # noqa: ANN401 - the key tells it
        """Return the value of `key`; set it to `default` if there is none."""

    def getUtility(self, provided: object, name: str = "") -> Any:  # noqa: ANN401 - the interface tells it
        """Return the utility that provides an interface (`zope.interface`)."""

    def queryUtility(
        self, provided: object, name: str = "", default: object = None
    ) -> Any:  # noqa: ANN401 - the interface tells it
        """Return the utility that provides an interface, or `default`."""

    def registerUtility(
        self, component: object, provided: object, name: str = ""
    ) -> None:
        """Register a utility for an interface."""

    def unregisterUtility(self, component: object, provided: object) -> bool:
        """Remove a utility; returns whether there was one."""
