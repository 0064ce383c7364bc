"""Directives for the mount, views and the methods of `request.oauth`."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.session import SignedCookieSessionFactory
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.events import TokenIssued
from pyramid_oauth.tree import Endpoint
from tests.support.secret import SECRET


class Hello(Endpoint):
    """An endpoint of the host."""


def hello(context, request):
    return Response("hello")


def configure_host(**settings):
    prefixed = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
    config = Configurator(
        settings={
            "pyramid_oauth.issuer": "https://as.example/oauth",
            "pyramid_oauth.secret": SECRET,
            **prefixed,
        }
    )
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    return config


def add_hello_endpoint(config):
    config.add_oauth_endpoint("hello", Hello)
    config.add_oauth_view(hello, Hello, permission=NO_PERMISSION_REQUIRED)


def test_mounting_the_tree_twice_is_an_error():
    config = configure_host()
    config.add_oauth_server("/oauth")
    config.add_oauth_server("/elsewhere")

    with pytest.raises(ConfigurationConflictError):
        config.commit()


def test_a_host_chooses_the_prefix_by_a_directive():
    config = configure_host(prefix="/oauth")
    add_hello_endpoint(config)
    config.add_oauth_server("/elsewhere")
    app = TestApp(config.make_wsgi_app())

    assert app.get("/elsewhere/hello").text == "hello"
    app.get("/oauth/hello", status=404)


def test_a_host_overrides_a_view_by_one_directive():
    config = configure_host(prefix="/oauth")
    config.include(add_hello_endpoint)
    config.add_oauth_view(
        lambda context, request: Response("good evening"),
        Hello,
        permission=NO_PERMISSION_REQUIRED,
    )

    app = TestApp(config.make_wsgi_app())
    assert app.get("/oauth/hello").text == "good evening"


def test_two_views_of_one_endpoint_are_a_conflict():
    config = configure_host(prefix="/oauth")
    add_hello_endpoint(config)
    config.add_oauth_view(hello, Hello)

    with pytest.raises(ConfigurationConflictError):
        config.commit()


def test_a_request_method_receives_the_request():
    config = configure_host()
    config.add_oauth_request_method("greet", lambda request, whom: (request.path, whom))
    config.add_route("greet", "/greet")
    config.add_view(
        lambda request: Response(json_body=request.oauth.greet("Alice")),
        route_name="greet",
    )

    app = TestApp(config.make_wsgi_app())
    assert app.get("/greet").json == ["/greet", "Alice"]


def test_an_unregistered_request_method_is_an_attribute_error():
    config = configure_host()
    config.add_oauth_request_method("greet", lambda request: None)
    config.add_route("greet", "/greet")
    config.add_view(lambda request: request.oauth.gret(), route_name="greet")

    with pytest.raises(AttributeError, match="did you mean greet"):
        TestApp(config.make_wsgi_app()).get("/greet")


def test_a_request_method_may_not_replace_a_built_in_one():
    config = configure_host()
    config.add_oauth_request_method("session", lambda request: None)

    with pytest.raises(ConfigurationError, match="'session' is built in"):
        config.commit()


@pytest.mark.parametrize("event", [TokenIssued, "pyramid_oauth.events.OAuthEvent"])
def test_a_subscriber_receives_events_of_a_class_and_its_subclasses(new_host, event):
    received_events = []
    host = new_host(
        lambda config: config.add_oauth_subscriber(received_events.append, event)
    )
    client = host.register_client(authorization_grant_type="client_credentials")
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    host.browser().post("/oauth/token", form, status=200)
    assert [type(event) for event in received_events] == [TokenIssued]
    assert received_events[0].client_id == client["client_id"]
