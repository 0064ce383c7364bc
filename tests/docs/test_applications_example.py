"""The example of the page on managing applications."""

from __future__ import annotations

import sys

import pytest
import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from webtest import TestApp

from pyramid_oauth.server import SERVER
from tests.docs.test_examples import SETTINGS
from tests.support.documented import example

PAGE = "/oauth/applications"


def log_in(request):
    request.session["user"] = request.params["name"]
    request.session["groups"] = request.params.getall("group")
    return Response()


@pytest.fixture
def example_app(tmp_path):
    """The WSGI application of the example."""
    module = example("applications")
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    make = sessionmaker(engine)
    zope.sqlalchemy.register(make)
    prefix = "pyramid_oauth."
    settings = {f"{prefix}prefix": "/oauth", f"{prefix}administrators": "group:admins"}
    config = Configurator(settings={**SETTINGS, **settings})
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_tm")
    config.include(module.includeme)
    config.add_request_method(lambda request: make(), "dbsession", reify=True)
    config.add_route("log-in", "/log-in")
    config.add_view(log_in, route_name="log-in")
    wsgi = config.make_wsgi_app()
    wsgi.registry[SERVER].models.metadata.create_all(engine)
    yield wsgi
    engine.dispose()
    del sys.modules["applications"]


def open_browser(site, name, **more):
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}
    browser = TestApp(site, extra_environ=environ)
    browser.get("/log-in", {"name": name, **more})
    return browser


def test_the_columns_of_the_example_appear_and_are_required(example_app):
    alice = open_browser(example_app, "alice")
    form = alice.get(f"{PAGE}/register").forms["oauth-application-form"]
    assert "partner" not in form.fields
    form["name"], form["logo"] = "Shop", "https://shop.example/logo.png"
    form["redirect_uris"] = "https://shop.example/cb"
    refused = form.submit(status=400)
    assert "Please agree to the terms." in refused.text
    assert "I agree to the terms of this site" in refused.text
    form = refused.forms["oauth-application-form"]
    form["agree"] = True
    page = form.submit(status=200).click(linkid="oauth-continue")
    assert page.html.h1.text == "Shop"
    assert page.html.find("img")["src"] == "https://shop.example/logo.png"

    root = open_browser(example_app, "root", group="admins")
    page = root.get(PAGE).click("Shop").click(linkid="oauth-edit")
    form = page.forms["oauth-application-form"]
    form["partner"] = True
    form.submit(status=303).follow(status=200)
