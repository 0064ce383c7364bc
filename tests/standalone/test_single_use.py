"""Codes and refresh tokens at the ready-made server, on both engines.

On PostgreSQL one statement consumes them and stores the tokens, outside transactions.
"""

from __future__ import annotations

import time as real_time
import warnings
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.paster import get_app
from sqlalchemy import text
from webtest import TestApp

from pyramid_oauth import events
from pyramid_oauth.clock import frozen
from pyramid_oauth.errors import InsecureSettingWarning
from tests.standalone.conftest import CALLBACK, PLAYGROUND_REQUEST, VERIFIER, log_in
from tests.standalone.test_statements import WRITING, statements
from tests.support.command_line import make_demo_site

REQUEST = {**PLAYGROUND_REQUEST, "approval_prompt": "force"}
EVENTS = (events.CredentialReplayed, events.GrantRevoked, events.TokenIssued)


@contextmanager
def open_site(tmp_path, database_url, more=""):
    """A browser at the ready-made server, at which alice is logged in."""
    changes = {
        "sqlite:///%(here)s/var/development.sqlite": database_url,
        "[app:main]": f"[app:main]\n{more}",
    }
    ini = make_demo_site(tmp_path / "site.ini", changes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(ini))
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    log_in(browser)
    yield browser
    app.registry["fast_session.database"].dispose()


@pytest.fixture
def engine_site(tmp_path, database_url):
    with open_site(tmp_path, database_url) as site:
        yield site


@pytest.fixture
def event_types(engine_site):
    types = []
    registry = engine_site.app.registry
    for kind in EVENTS:
        registry.registerHandler(lambda event: types.append(type(event)), [kind])
    return types


def obtain_code_form(site):
    answer = site.get("/oauth/authorize", REQUEST).follow()
    answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    return {
        "grant_type": "authorization_code",
        "client_id": "playground",
        "redirect_uri": CALLBACK,
        "code": parse_qs(urlsplit(answer.location).query)["code"][0],
        "code_verifier": VERIFIER,
    }


def build_refresh_form(tokens):
    return {
        "grant_type": "refresh_token",
        "client_id": "playground",
        "refresh_token": tokens["refresh_token"],
    }


def post(site, form, status=200):
    return site.post("/oauth/token", form, status=status).json


def count(site, table, where="1 = 1"):
    query = text(f"SELECT count(*) FROM {table} WHERE {where}")
    with site.app.registry["fast_session.database"].writer.connect() as connection:
        return connection.execute(query).scalar_one()


def is_accepted(site, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return site.get("/api/me", headers=headers, status="*").status_int == 200


def test_postgresql_consumes_a_credential_in_one_statement(engine_site):
    database = engine_site.app.registry["fast_session.database"]
    in_one_statement = database.writer.dialect.name == "postgresql"
    form = obtain_code_form(engine_site)
    for _ in range(3):
        with (
            statements(database.reader) as reader_statements,
            statements(database.writer) as writer_statements,
        ):
            response = post(engine_site, form)
        if in_one_statement:
            assert writer_statements == []
            assert [
                statement[:4]
                for statement in reader_statements
                if statement.startswith("WITH")
            ] == ["WITH"]
            assert not any(
                statement.startswith(WRITING) for statement in reader_statements
            )
        else:
            assert any(
                statement.startswith("UPDATE") for statement in writer_statements
            )
            assert not any(
                statement.startswith(WRITING) for statement in reader_statements
            )
        assert is_accepted(engine_site, response)
        form = build_refresh_form(response)
    assert count(engine_site, "oauth_refresh_token", "generation = 2") == 1


def test_a_replayed_code_revokes_its_tokens(engine_site, event_types):
    with frozen() as time:
        form = obtain_code_form(engine_site)
        response = post(engine_site, form)
        time.advance(61)
        assert post(engine_site, form, 400)["error"] == "invalid_grant"
    assert event_types == [
        events.TokenIssued,
        events.CredentialReplayed,
        events.GrantRevoked,
    ]
    assert not is_accepted(engine_site, response)
    assert (
        post(engine_site, build_refresh_form(response), 400)["error"] == "invalid_grant"
    )
    assert count(engine_site, "oauth_access_token") == 1


def test_a_repeated_refresh_token_is_accepted_in_its_grace_and_revokes_later(
    engine_site, event_types
):
    first = post(engine_site, obtain_code_form(engine_site))
    second = post(engine_site, build_refresh_form(first))
    second_response = post(engine_site, build_refresh_form(first))
    assert second_response["refresh_token"] == second["refresh_token"]
    assert is_accepted(engine_site, second)
    assert is_accepted(engine_site, second_response)
    third = post(engine_site, build_refresh_form(second))
    assert post(engine_site, build_refresh_form(first), 400)["error"] == "invalid_grant"
    assert event_types[-2:] == [events.CredentialReplayed, events.GrantRevoked]
    assert not is_accepted(engine_site, third)
    assert count(engine_site, "oauth_refresh_token") == 1


SLEEP_AT_ONE_COMMIT = """
CREATE SEQUENCE naps;
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('naps') = 1 THEN PERFORM pg_sleep(2.5); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER nap AFTER UPDATE ON oauth_refresh_token
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nap();
"""


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_wait_at_commit_does_not_count_against_the_grace_of_a_rotation(
    tmp_path, postgresql_url
):
    grace = "pyramid_oauth.refresh_token_grace = 2"
    with open_site(tmp_path, postgresql_url, grace) as site:
        response = post(site, obtain_code_form(site))
        writer = site.app.registry["fast_session.database"].writer
        with writer.begin() as connection:
            connection.exec_driver_sql(SLEEP_AT_ONE_COMMIT)
        began = real_time.monotonic()
        first = post(site, build_refresh_form(response))
        assert real_time.monotonic() - began > 2.5
        second = post(site, build_refresh_form(response))
    assert second["refresh_token"] == first["refresh_token"]
