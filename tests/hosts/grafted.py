"""A traversal host with the server in its own tree, two levels deep.

It has no `add_oauth_server`, a root whose ACL allows everything, and views for any
context.
"""

from __future__ import annotations

from pyramid.authorization import ALL_PERMISSIONS, Allow, Everyone
from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.tree import AuthorizationServer
from tests.hosts.api import me

SERVER = "/company/oauth"
INI = ""


class Root:
    __name__ = ""
    __parent__ = None
    __acl__ = ((Allow, Everyone, ALL_PERMISSIONS),)

    def __init__(self, request):
        self.request = request

    def __getitem__(self, name):
        return {"company": Company}[name](self, self.request)


class Company:
    __name__ = "company"

    def __init__(self, parent, request):
        self.__parent__ = parent
        self.request = request

    def __getitem__(self, name):
        return {"oauth": AuthorizationServer}[name](name, self, self.request)


def page(context, request):
    return Response(f"page of {request.resource_path(context)}")


def main(global_config, **settings):
    with Configurator(settings=settings, root_factory=Root) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.add_view(page)
        config.add_view(page, name="edit")
        config.add_view(me, context=Root, name="me", oauth_scopes="read")
        return config.make_wsgi_app()
