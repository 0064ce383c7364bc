"""A host that includes the fast session."""

from __future__ import annotations

import gc

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session
from webtest import TestApp

from pyramid_oauth.fast_session import lazy_transaction
from pyramid_oauth.server import SERVER
from tests.support.host import (
    SETTINGS,
    authorize_client,
    build_code_exchange,
    parse_redirect,
)

DATABASE = "fast_session.database"
CLIENT = {"client_id": "web", "client_secret": "a secret of the client, long enough"}


def rename(request):
    """A view of the host that writes by the ORM, whatever its method."""
    models = request.oauth.models
    found = request.dbsession.query(models.Application)
    found.filter_by(client_id="web").one().name = request.GET["name"]
    if "fail" in request.GET:
        raise RuntimeError("after the change")
    return Response("renamed")


def configure(engine):
    config = Configurator(settings=SETTINGS)
    config.include("pyramid_oauth.fast_session")
    config.add_oauth_fast_session(engine)
    config.include("tests.hosts.people")
    config.include("pyramid_oauth")
    config.include("tests.hosts.api")
    config.add_route("rename", "/rename")
    config.add_view(rename, route_name="rename", permission=NO_PERMISSION_REQUIRED)
    return config


@pytest.fixture
def fast_host(database_url):
    engine = create_engine(database_url)
    app = configure(engine).make_wsgi_app()
    models = app.registry[SERVER].models
    models.metadata.create_all(engine)
    with Session(engine) as session:
        client = models.Application(
            client_id="web",
            name="Web",
            redirect_uris="https://client.example/cb",
            authorization_grant_type=(
                "authorization_code client_credentials refresh_token"
            ),
            token_endpoint_auth_method="client_secret_post",
        )
        client.set_client_secret(CLIENT["client_secret"])
        session.add(client)
        session.commit()
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}
    yield TestApp(app, extra_environ=environ)
    app.registry[DATABASE].dispose()


def name_of_client(browser):
    engine = browser.app.registry[DATABASE].writer
    models = browser.app.registry[SERVER].models
    with Session(engine) as session:
        return session.query(models.Application).filter_by(client_id="web").one().name


def log_in(browser):
    form = browser.get("/login").form
    form["name"] = "alice"
    form.submit(status=303)


def test_the_flows_work(fast_host):
    log_in(fast_host)
    code = parse_redirect(authorize_client(fast_host, scope="read"))["code"]
    form = build_code_exchange(code, CLIENT)
    token = fast_host.post("/oauth/token", form, status=200).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert fast_host.get("/me", headers=headers).json["sub"] == "alice"
    assert fast_host.post("/oauth/token", form, status=400).json["error"] == (
        "invalid_grant"
    )
    fast_host.get("/me", headers=headers, status=401)


def test_requests_are_freed_without_the_garbage_collector(fast_host):
    """A reference cycle would keep all memory of a request until a collection."""
    log_in(fast_host)
    token = authorize_and_redeem(fast_host)
    gc.collect()
    gc.disable()
    try:
        authorize_and_redeem(fast_host)
        fast_host.get("/me", headers={"Authorization": f"Bearer {token}"}, status=200)
        fast_host.post("/oauth/introspect", {"token": token, **CLIENT}, status=200)
        fast_host.get("/oauth/.well-known/oauth-authorization-server", status=200)
        assert find_requests(fast_host) == []
    finally:
        gc.enable()


def find_requests(browser):
    """The requests of this host that are still in memory."""
    return [
        kept
        for kept in gc.get_objects()
        if isinstance(kept, Request) and kept.registry is browser.app.registry
    ]


def authorize_and_redeem(browser):
    code = parse_redirect(authorize_client(browser, scope="read"))["code"]
    form = build_code_exchange(code, CLIENT)
    return browser.post("/oauth/token", form, status=200).json["access_token"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_changes_by_the_orm_are_committed(fast_host, method):
    fast_host.request(f"/rename?name={method}", method=method, status=200)
    assert name_of_client(fast_host) == method


def test_changes_of_a_failed_request_are_rolled_back(fast_host):
    with pytest.raises(RuntimeError, match="after the change"):
        fast_host.get("/rename?name=new&fail=1")
    assert name_of_client(fast_host) == "Web"


def test_a_client_credentials_request_begins_no_transaction(fast_host):
    begun = []
    writer = fast_host.app.registry[DATABASE].writer
    form = {"grant_type": "client_credentials", **CLIENT}
    fast_host.post("/oauth/token", form, status=200)
    event.listen(writer, "begin", begun.append)
    fast_host.post("/oauth/token", form, status=200)
    assert begun == []


@pytest.mark.parametrize("database_engine", ["postgresql"])
@pytest.mark.postgresql
def test_a_refresh_begins_no_transaction(fast_host, monkeypatch):
    """Its one statement is committed, so that no hook needs to wait for a commit."""
    begun = []

    class Recording(lazy_transaction.TransactionManager):
        def begin(self):
            begun.append(self)
            return super().begin()

    log_in(fast_host)
    code = parse_redirect(authorize_client(fast_host, scope="read"))["code"]
    form = build_code_exchange(code, CLIENT)
    token = fast_host.post("/oauth/token", form).json["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, **CLIENT}
    monkeypatch.setattr(lazy_transaction, "TransactionManager", Recording)
    # Events would wait for a commit, if anybody listened.
    monkeypatch.setattr(fast_host.app.registry, "has_listeners", False)
    fast_host.post("/oauth/token", form, status=200)
    assert begun == []


def show_path(request):
    """A view that returns the path of a request, and changes it."""
    found = request.path_info
    request.path_info = "/\N{LATIN SMALL LETTER E WITH ACUTE}"
    raw = request.environ["PATH_INFO"].encode("latin-1").hex()
    return Response(json_body=[found, request.greeting(), request.path_info, raw])


def settle_host(engine, factory=None):
    """Return a host with a request method, and with a request factory of its own."""
    config = configure(engine)
    if factory is not None:
        config.set_request_factory(factory)
    config.add_request_method(lambda request: "hello", "greeting")
    config.add_route("path", "/path/{name}")
    config.add_view(show_path, route_name="path", permission=NO_PERMISSION_REQUIRED)
    return TestApp(config.make_wsgi_app())


@pytest.mark.parametrize(
    ("quoted", "decoded"), [("plain", "plain"), ("%C3%BC", "\u00fc"), ("a%20b", "a b")]
)
def test_the_path_of_a_request_is_decoded(database_url, quoted, decoded):
    host = settle_host(create_engine(database_url))
    found = host.get(f"/path/{quoted}", status=200).json
    assert found == [f"/path/{decoded}", "hello", "/\u00e9", "2fc3a9"]
    host.app.registry[DATABASE].dispose()


class LowerCasePath(Request):
    """A request class of a host that reads every path in lower case."""

    @property
    def path_info(self):
        return self.environ["PATH_INFO"].lower()

    @path_info.setter
    def path_info(self, path):
        self.environ["PATH_INFO"] = path.upper()


def test_a_host_may_have_its_own_path(database_url):
    host = settle_host(create_engine(database_url), LowerCasePath)
    found = host.get("/PATH/Mine", status=200).json
    assert found[:2] == ["/path/mine", "hello"]
    host.app.registry[DATABASE].dispose()
