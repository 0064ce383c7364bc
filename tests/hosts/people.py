"""The login pages and the security policy of the hosts.

A host has these before it becomes an authorization server.
"""

from __future__ import annotations

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.session import SignedCookieSessionFactory

FORM = """<form method="post" action="/login"><input name="name">
<input type="hidden" name="next" value="{next}">
<input type="hidden" name="csrf_token" value="{token}"></form>"""


class SessionPolicy:
    """A policy whose user is in the session."""

    def identity(self, request):
        return request.session.get("user")

    authenticated_userid = identity

    def permits(self, request, context, permission):
        user = self.identity(request)
        principals = [] if user is None else [Authenticated, user]
        return ACLHelper().permits(context, [Everyone, *principals], permission)

    def remember(self, request, userid, **kw):
        request.session["user"] = userid
        return []

    def forget(self, request, **kw):
        request.session.invalidate()
        return []


def log_in_page(request):
    return_to = request.GET.get("next", "/").replace('"', "%22").replace("&", "&amp;")
    return Response(FORM.format(next=return_to, token=get_csrf_token(request)))


def log_in(request):
    headers = request.registry["policy"].remember(request, request.POST["name"])
    return HTTPSeeOther(request.POST["next"], headers=headers)


def includeme(config):
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    add_login_pages(config, SessionPolicy())


def add_login_pages(config, policy):
    """Add the login pages for a policy."""
    config.registry["policy"] = policy
    config.set_security_policy(policy)
    config.add_route("login", "/login")
    for view, method in ((log_in_page, "GET"), (log_in, "POST")):
        config.add_view(
            view,
            route_name="login",
            request_method=method,
            permission=NO_PERMISSION_REQUIRED,
        )
