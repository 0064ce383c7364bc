"""The node that contains applications: `applications/<client_id>` in the tree.

Pyramid's location-aware resources. A child is the instance of the configured class
itself, so that the `__acl__` of a host's class decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from pyramid.authorization import Allow, Authenticated
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.clients.listing import find_application
from pyramid_oauth.extensions.applications.settings import (
    EVERYONE,
    ApplicationsSettings,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import OWNER_PERMISSIONS
from pyramid_oauth.server import Server
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.tree import Endpoint, Node

REGISTER = "register_application"
"""The permission to register applications, on the container."""

ADMINISTER = "administer_applications"
"""The permission to see and change everybody's applications, on the container."""

VIEW, CHANGE, ROTATE_SECRET, DELETE = OWNER_PERMISSIONS
"""The permissions on one application."""

VIEW_NAMES = frozenset({"register"})
"""The names of views of the container, which are no children."""

_UNQUOTED = "!$&'()*+,;=:@"
"""What may stand in a segment of a path (RFC 3986 section 3.3), beside letters."""


class UnknownApplication(Node):
    """The node of an application that does not exist.

    Its views return the same response as those of an application that the person may
    not see.
    """


class ApplicationContainer(Endpoint):
    """The node of all applications; the views check the permission for each one."""

    @property
    def __acl__(self) -> list[tuple[str, str, str]]:
        """Allow every logged-in user to register applications, if the settings say so.

        The entries of the administrators come from the root of the tree.
        """
        section = self.request.registry[SETTINGS][ApplicationsSettings]
        if section.application_registration == EVERYONE:
            return [(Allow, Authenticated, REGISTER)]
        return []

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - the host's class
        if name in VIEW_NAMES:
            raise KeyError(name)
        request = self.request
        server: Server = request.oauth.server
        found = find_application(server, server.session(request), unquote(name))
        if found is None:
            return self.child(UnknownApplication, name)
        return self.locate(found)

    def locate(self, application: AbstractApplication) -> AbstractApplication:
        """Give `application` its place in the tree.

        A slash in its identifier does not separate segments of the path.
        """
        located: Any = application
        located.__parent__ = self
        located.__name__ = quote(application.client_id, safe=_UNQUOTED)
        return application


def add_view(
    config: Configurator,
    container: type[ApplicationContainer],
    context: type[object],
    name: str,
    view: Callable[..., object],
) -> None:
    """Add a view of `context` below `container`, which checks everything itself.

    That is the permission of the person, or of the access token, and the token of a
    form.
    """
    config.add_oauth_view(
        view,
        context,
        name=name,
        containment=container,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
