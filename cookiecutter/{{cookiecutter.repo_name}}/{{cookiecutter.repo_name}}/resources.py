"""The resource tree: what the URLs lead to."""

from pyramid.authorization import Allow, Authenticated
from pyramid.request import Request
from pyramid_oauth.tree import AuthorizationServer


class Notes:
    """The notes of the user for whom an access token acts: `/notes`."""

    def __init__(self, name: str, parent: "Root", request: Request) -> None:
        self.__name__, self.__parent__ = name, parent


class Root:
    """The root; the authorization server is its child `oauth`."""

    __name__ = ""
    __parent__ = None
    __acl__ = ((Allow, Authenticated, "view"),)

    def __init__(self, request: Request) -> None:
        self._request = request

    def __getitem__(self, name: str) -> object:
        return CHILDREN[name](name, self, self._request)


CHILDREN = {"oauth": AuthorizationServer, "notes": Notes}
