"""A host application as the README and Pyramid's project template make it.

One session of SQLAlchemy for each request, joined to the transaction of pyramid_tm by
zope.sqlalchemy; pyramid_retry; a log-in page of its own. With `host.session =
fast_session` the session is that of `pyramid_oauth.fast_session`.
"""

from __future__ import annotations

from typing import Any

import zope.sqlalchemy
from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, PermitsResult
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import Engine, engine_from_config
from sqlalchemy.orm import Session, sessionmaker

from pyramid_oauth.config.build import declared

FORM = """<!DOCTYPE html><title>Log in</title><form method="post">
<input type="hidden" name="csrf_token" value="{token}">
<input name="username"><input name="password" type="password"></form>"""


class SessionPolicy:
    """The security policy: the session says who is logged in."""

    def identity(self, request: Request) -> str | None:
        """Return the user who is logged in."""
        user: str | None = request.session.get("user")
        return user

    authenticated_userid = identity

    def permits(
        self, request: Request, context: object, permission: str
    ) -> PermitsResult:
        """Decide by the access control list of the context."""
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(
        self, request: Request, userid: str, **kw: Any
    ) -> list[tuple[str, str]]:
        """Log `userid` in."""
        request.session["user"] = userid
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        """Log out."""
        request.session.invalidate()
        return []


def log_in_page(request: Request) -> Response:
    """Show the form of the log-in."""
    return Response(FORM.format(token=get_csrf_token(request)))


def log_in(request: Request) -> HTTPSeeOther:
    """Log in whoever is named; a benchmark has no passwords."""
    request.session["user"] = request.POST["username"]
    return HTTPSeeOther(request.GET["next"])


def me(request: Request) -> dict[str, Any]:
    """Return the user and the client of the access token."""
    token = request.oauth.identity
    return {"sub": token.user_id, "client_id": token.client_id}


def add_database(config: Configurator) -> None:
    """Make the tables, and give every request a session."""
    settings = config.get_settings()
    engine = engine_from_config(settings, "sqlalchemy.")
    declared(settings).models.metadata.create_all(engine)
    if settings["host.session"] == "fast_session":
        config.include("pyramid_oauth.fast_session")
        config.add_oauth_fast_session(engine)
    else:
        add_session(config, engine)


def add_session(config: Configurator, engine: Engine) -> None:
    """Give every request a session, as Pyramid's project template does it."""
    config.get_settings()["tm.manager_hook"] = "pyramid_tm.explicit_manager"
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    make = sessionmaker(engine)

    def session(request: Request) -> Session:
        made: Session = make(info={"request": request})
        zope.sqlalchemy.register(made, transaction_manager=request.tm)
        return made

    config.add_request_method(session, "dbsession", reify=True)


def add_pages(config: Configurator) -> None:
    """Add the log-in page and the protected resource."""
    config.add_route("login", "/login")
    for view, method in ((log_in_page, "GET"), (log_in, "POST")):
        config.add_view(
            view,
            route_name="login",
            request_method=method,
            permission=NO_PERMISSION_REQUIRED,
        )
    config.add_route("me", "/api/me")
    config.add_view(
        me,
        route_name="me",
        renderer="json",
        oauth_scopes="read",
        permission=NO_PERMISSION_REQUIRED,
    )


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """Return the WSGI application (PasteDeploy `paste.app_factory`)."""
    with Configurator(settings=settings) as config:
        config.include(add_database)
        config.set_session_factory(
            SignedCookieSessionFactory("for-development-only-benchmark-session")
        )
        config.set_security_policy(SessionPolicy())
        config.include("pyramid_oauth")
        config.include("pyramid_oauth.extensions.dpop")
        config.add_oauth_server("/oauth")
        config.include(add_pages)
        return config.make_wsgi_app()
