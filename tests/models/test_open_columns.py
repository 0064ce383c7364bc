"""The open columns `details` and `claims`, which extensions share."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.config.build import declared
from pyramid_oauth.repositories import Repositories
from pyramid_oauth.repositories.authorization_requests import NewAuthorizationRequest
from pyramid_oauth.repositories.consent_records import ConsentChange
from pyramid_oauth.repositories.refresh_tokens import RefreshCredential
from tests.support.host import (
    Host,
    authorize_client,
    build_code_exchange,
    parse_redirect,
)

THUMBPRINT = {"dpop_jkt": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}


@pytest.fixture
def tables_session(tables_url):
    engine = create_engine(tables_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def repositories():
    return Repositories(declared({}).models, Accounts(), 0)


@pytest.fixture
def application(tables_session, repositories):
    row = declared({}).models.Application(client_id="web", client_type="public")
    tables_session.add(row)
    tables_session.flush()
    return repositories.applications.load(tables_session, "web")


def add_grant(session, repositories, application, **values):
    grant_id, moment = uuid4(), now()
    repositories.grants.add(
        session,
        application,
        id=grant_id,
        user_id="alice",
        scope="read",
        resource="",
        created_at=moment,
        expires_at=moment + timedelta(hours=1),
        **values,
    )
    return grant_id


def test_details_of_an_authorize_step_are_stored_with_the_grant(tables_url):
    read_details = []

    def bind_key(authorization):
        authorization.details.update(THUMBPRINT)

    class ReadKey:
        def build(self, request, draft):
            read_details.append((draft.grant_type, request.grant.details))

    def configure(config):
        config.add_oauth_authorize_step("bind_key", bind_key, before="grant")
        config.add_oauth_token_step("read_key", ReadKey)

    host = Host(tables_url, configure)
    client, browser = host.register_client(), host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]
    token = browser.post("/oauth/token", build_code_exchange(code, client)).json
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token["refresh_token"],
        **client,
    }
    browser.post("/oauth/token", form, status=200)
    assert read_details == [
        ("authorization_code", THUMBPRINT),
        ("refresh_token", THUMBPRINT),
    ]
    host.engine.dispose()


def test_an_empty_value_is_stored_as_null(tables_url):
    host = Host(tables_url)
    client, browser = host.register_client(), host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]
    browser.post("/oauth/token", build_code_exchange(code, client), status=200)
    with Session(host.engine) as session:
        for table, column in (
            ("oauth_consent", "details"),
            ("oauth_grant", "details"),
            ("oauth_access_token", "claims"),
            ("oauth_refresh_token", "claims"),
        ):
            empty = text(f"SELECT {column} IS NULL FROM {table}")
            assert session.scalars(empty).all() == [True], table
    host.engine.dispose()


def test_a_grant_refuses_an_unknown_column(tables_session, repositories, application):
    with pytest.raises(TypeError, match="dpop_jkt"):
        add_grant(tables_session, repositories, application, **THUMBPRINT)


def test_claims_are_stored_with_the_tokens(tables_session, repositories, application):
    confirmation = {"cnf": {"jkt": THUMBPRINT["dpop_jkt"]}}
    grant_id = add_grant(tables_session, repositories, application)
    common = {
        "client_id": "web",
        "grant_id": grant_id,
        "user_id": "alice",
        "scope": "read",
        "created_at": now(),
        "expires_at": now() + timedelta(hours=1),
    }
    access = repositories.access_tokens
    opaque, row = access.new(claims=confirmation, audience="", **common)
    access.add(tables_session, row)
    rows = (
        access.find(tables_session, opaque),
        access.find_for(tables_session, opaque, "web"),
        access.find_with_grant(tables_session, opaque),
    )
    assert [found_row.claims for found_row in rows] == [confirmation] * 3

    refresh, key = repositories.refresh_tokens, b"a key of the test"
    limit = {"absolute_expires_at": common["expires_at"]}
    text, row = refresh.new(key, claims=confirmation, **common, **limit)
    refresh.add(tables_session, row)
    credential = RefreshCredential.parse(text, (key,))
    assert refresh.find(tables_session, credential).claims == confirmation


def test_details_of_a_consent_are_merged_per_member(
    tables_session, repositories, application
):
    consents, scopes = repositories.consents, frozenset({"read"})

    def remember(**details):
        change = ConsentChange(scopes=scopes, details=details, made_at=now())
        consents.remember(tables_session, "alice", "web", change)
        return consents.find(tables_session, "alice", application, now()).details

    assert remember(resources=["https://api.example"]) == {
        "resources": ["https://api.example"]
    }
    assert remember(accounts=[1]) == {
        "resources": ["https://api.example"],
        "accounts": [1],
    }
    assert remember(resources=None, accounts=None) is None
    assert tables_session.scalar(select(declared({}).models.Consent.details)) is None


def test_a_pending_request_is_found_by_its_kind_only(
    tables_session, repositories, application
):
    requests, at = repositories.authorization_requests, now()
    handle = requests.add(
        tables_session,
        application,
        NewAuthorizationRequest(
            parameters={"state": "xyz"},
            browser=None,
            user_id=None,
            created_at=at,
            expires_at=at + timedelta(seconds=60),
            kind="pushed",
            details=THUMBPRINT,
        ),
    )
    assert requests.find(tables_session, handle, at) is None
    request = requests.find(tables_session, handle, at, kind="pushed")
    assert (request.kind, request.details) == ("pushed", THUMBPRINT)
