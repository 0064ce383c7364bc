"""{{ cookiecutter.project_name }}: an application with an OAuth 2 server in its tree."""

from pathlib import Path
from wsgiref.types import WSGIApplication

from pyramid.config import Configurator
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import engine_from_config

from {{ cookiecutter.repo_name }}.resources import Root
from {{ cookiecutter.repo_name }}.security import SessionPolicy


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    """Return the WSGI application of an ini file."""
    is_secure = settings["pyramid_oauth.issuer"].startswith("https:")
    with Configurator(settings=settings, root_factory=Root) as config:
        config.set_session_factory(
            SignedCookieSessionFactory(
                _secret(settings["session_secret"]),
                httponly=True,
                secure=is_secure,
                samesite="Lax",
            )
        )
        config.set_default_csrf_options(require_csrf=True)
        config.set_security_policy(SessionPolicy())
        config.include("pyramid_jinja2")
        # `request.dbsession`, with a transaction only where one is needed.
        config.include("pyramid_oauth.fast_session")
        config.add_oauth_fast_session(engine_from_config(settings, "sqlalchemy."))
        config.include("pyramid_oauth")
        # The page on which users see and end the access of applications.
        config.include("pyramid_oauth.extensions.connections")
        config.add_static_view("static", "static", cache_max_age=3600)
        config.scan()
        application: WSGIApplication = config.make_wsgi_app()
        return application


def _secret(given: str) -> str:
    """Return a secret, which may be in a file: `file:PATH`."""
    path = given.removeprefix("file:")
    return given if path == given else Path(path).read_text().strip()
