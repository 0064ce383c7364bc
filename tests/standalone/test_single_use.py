"""Codes and refresh tokens at the ready-made server, on either engine.

On PostgreSQL one statement uses them up and stores what follows, without a transaction.
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

ASKED = {**PLAYGROUND_REQUEST, "approval_prompt": "force"}
HEARD = (events.CredentialReplayed, events.GrantRevoked, events.TokenIssued)


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
    made = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    log_in(made)
    yield made
    app.registry["fast_session.database"].dispose()


@pytest.fixture
def engine_site(tmp_path, database_url):
    with open_site(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def event_types(engine_site):
    told = []
    registry = engine_site.app.registry
    for kind in HEARD:
        registry.registerHandler(lambda event: told.append(type(event)), [kind])
    return told


def code_form(site):
    answer = site.get("/oauth/authorize", ASKED).follow()
    answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    return {
        "grant_type": "authorization_code",
        "client_id": "playground",
        "redirect_uri": CALLBACK,
        "code": parse_qs(urlsplit(answer.location).query)["code"][0],
        "code_verifier": VERIFIER,
    }


def refresh_form(issued):
    return {
        "grant_type": "refresh_token",
        "client_id": "playground",
        "refresh_token": issued["refresh_token"],
    }


def post(site, form, status=200):
    return site.post("/oauth/token", form, status=status).json


def count(site, table, where="1 = 1"):
    question = text(f"SELECT count(*) FROM {table} WHERE {where}")
    with site.app.registry["fast_session.database"].writer.connect() as connection:
        return connection.execute(question).scalar_one()


def opens(site, issued):
    header = {"Authorization": f"Bearer {issued['access_token']}"}
    return site.get("/api/me", headers=header, status="*").status_int == 200


def test_postgresql_uses_up_a_credential_in_one_statement(engine_site):
    database = engine_site.app.registry["fast_session.database"]
    at_once = database.writer.dialect.name == "postgresql"
    form = code_form(engine_site)
    for _ in range(3):
        with statements(database.reader) as alone, statements(database.writer) as held:
            issued = post(engine_site, form)
        if at_once:
            assert held == []
            assert [each[:4] for each in alone if each.startswith("WITH")] == ["WITH"]
            assert not any(each.startswith(WRITING) for each in alone)
        else:
            assert any(each.startswith("UPDATE") for each in held)
            assert not any(each.startswith(WRITING) for each in alone)
        assert opens(engine_site, issued)
        form = refresh_form(issued)
    assert count(engine_site, "oauth_refresh_token", "generation = 2") == 1


def test_a_replayed_code_revokes_its_tokens(engine_site, event_types):
    with frozen() as time:
        form = code_form(engine_site)
        issued = post(engine_site, form)
        time.advance(61)
        assert post(engine_site, form, 400)["error"] == "invalid_grant"
    assert event_types == [
        events.TokenIssued,
        events.CredentialReplayed,
        events.GrantRevoked,
    ]
    assert not opens(engine_site, issued)
    assert post(engine_site, refresh_form(issued), 400)["error"] == "invalid_grant"
    assert count(engine_site, "oauth_access_token") == 1


def test_a_replayed_refresh_token_is_answered_alike_in_grace_and_revokes_after(
    engine_site, event_types
):
    first = post(engine_site, code_form(engine_site))
    second = post(engine_site, refresh_form(first))
    again = post(engine_site, refresh_form(first))
    assert again["refresh_token"] == second["refresh_token"]
    assert opens(engine_site, second)
    assert opens(engine_site, again)
    third = post(engine_site, refresh_form(second))
    assert post(engine_site, refresh_form(first), 400)["error"] == "invalid_grant"
    assert event_types[-2:] == [events.CredentialReplayed, events.GrantRevoked]
    assert not opens(engine_site, third)
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


@pytest.mark.postgresql
def test_a_wait_at_commit_does_not_count_against_the_grace_of_a_rotation(
    tmp_path, postgresql_url
):
    grace = "pyramid_oauth.refresh_token_grace = 2"
    with open_site(tmp_path, postgresql_url, grace) as site:
        issued = post(site, code_form(site))
        writer = site.app.registry["fast_session.database"].writer
        with writer.begin() as connection:
            connection.exec_driver_sql(SLEEP_AT_ONE_COMMIT)
        began = real_time.monotonic()
        lost = post(site, refresh_form(issued))
        assert real_time.monotonic() - began > 2.5
        again = post(site, refresh_form(issued))
    assert again["refresh_token"] == lost["refresh_token"]
