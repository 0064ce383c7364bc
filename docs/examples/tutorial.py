"""A Pyramid application that issues tokens and protects an API with them."""

from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from zope.sqlalchemy import register


class Policy:
    """Who is logged in stands in the session."""

    def identity(self, request):
        return request.session.get("user")

    authenticated_userid = identity

    def permits(self, request, context, permission):
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request, **kw):
        return []


def hello(request):
    token = request.oauth.identity
    return Response(json_body={"client": token.client_id})


def main(global_config, **settings):
    engine = create_engine(settings["sqlalchemy.url"])
    sessions = sessionmaker(engine)
    register(sessions)
    with Configurator(settings=settings) as config:
        config.include("pyramid_tm")
        config.add_request_method(lambda request: sessions(), "dbsession", reify=True)
        config.set_session_factory(
            SignedCookieSessionFactory(settings["session_secret"])
        )
        config.set_security_policy(Policy())
        config.include("pyramid_oauth")
        config.add_oauth_server("/oauth")
        config.add_route("hello", "/api/hello")
        config.add_view(hello, route_name="hello", oauth_scopes="read")
        return config.make_wsgi_app()
