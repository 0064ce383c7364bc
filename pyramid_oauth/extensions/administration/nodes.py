"""Nodes of the pages of administration, with their access control list.

For Pyramid's ACLHelper; another security policy can decide by the permission names.
"""

from __future__ import annotations

from pyramid.authorization import Allow

from pyramid_oauth.extensions.administration.settings import (
    AdministrationSettings,
    has_principals,
)
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.tree import Endpoint, Node

SEE = "oauth_see_administration"
"""The permission to open the pages."""

CHANGE = "oauth_administer"
"""The permission to send their forms."""


class Section(Node):
    """`administration/<name>`: one page, such as that of the keys."""


class Administration(Endpoint):
    """`administration`: the overview; each page is a child of it."""

    @property
    def __acl__(self) -> list[tuple[str, str, str]]:
        """Auditors may see the pages.

        The entries of the administrators come from the root of the tree.
        """
        settings = self.request.registry[SETTINGS][AdministrationSettings]
        return [(Allow, name, SEE) for name in settings.auditors]

    def __getitem__(self, name: str) -> Node:
        return self.child(Section, name)


def is_permitted(request: ServerRequest, permission: str, context: Node) -> bool:
    """Whether the security policy gives the permission.

    It is not asked if the settings name nobody: a policy that knows no such permission
    may give every one to everybody who is logged in.
    """
    if not has_principals(request.registry[SETTINGS]):
        return False
    return bool(request.has_permission(permission, context))
