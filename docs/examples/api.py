"""An API that requires an access token, and the server that issues it."""

from wsgiref.types import WSGIApplication

from pyramid.config import Configurator
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from zope.sqlalchemy import register

from pyramid_oauth.config.build import declared
from pyramid_oauth.typing import OAuthRequest


def hello(request: OAuthRequest) -> dict[str, str]:
    token = request.oauth.identity
    assert token is not None  # the view has oauth_scopes
    return {"hello": token.client_id}


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    engine = create_engine(settings["sqlalchemy.url"])
    declared(settings).models.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    register(sessions)
    with Configurator(settings=settings) as config:
        config.include("pyramid_tm")
        config.add_request_method(lambda request: sessions(), "dbsession", reify=True)
        config.include("pyramid_oauth")
        config.add_oauth_server("/oauth")
        config.add_route("hello", "/hello")
        config.add_view(hello, route_name="hello", renderer="json", oauth_scopes="read")
        application: WSGIApplication = config.make_wsgi_app()
        return application
