"""A host that ends its transaction after the request, by the status of the response."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.router import default_execution_policy
from sqlalchemy import engine_from_config
from sqlalchemy.orm import sessionmaker

SERVER = "/oauth"
INI = "pyramid_oauth.prefix = /oauth"
KEY = "host.session"


def ending_late(environ, router):
    """An execution policy that commits when the request is over."""
    is_fine = False
    try:
        response = default_execution_policy(environ, router)
        is_fine = response.status_int < 400
        return response
    finally:
        session = environ.pop(KEY, None)
        if session is not None:
            with session:
                session.commit() if is_fine else session.rollback()


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        engine = config.registry["engine"] = engine_from_config(settings)
        make = config.registry["session_maker"] = sessionmaker(engine)
        config.set_execution_policy(ending_late)

        def session(request):
            return request.environ.setdefault(KEY, make())

        config.add_request_method(session, "dbsession", reify=True)
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
