"""Outages of the database are answered by 503 with Retry-After, never by 500."""

from __future__ import annotations

import json
import warnings
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from pyramid.paster import get_app
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.pool import NullPool
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.standalone import error_views
from tests.standalone.conftest import CALLBACK, PLAYGROUND_REQUEST, VERIFIER, log_in
from tests.support.command_line import make_demo_site

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

REQUEST = PLAYGROUND_REQUEST
TERMINATE_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def outage_url(spare_databases):
    """The URL of the database of all the tests here; making it takes a second."""
    url = spare_databases.take()
    yield url
    spare_databases.give_back(url)


@pytest.fixture(scope="module")
def postgresql_ini(tmp_path_factory, outage_url):
    """A server on PostgreSQL, with demo data, that waits for locks for a second."""
    changes = {
        "sqlite:///%(here)s/var/development.sqlite": outage_url,
        "outbox_in_process = true": "outbox_in_process = false",
        "standalone.sign_up = open": "standalone.lock_timeout = 1",
    }
    return make_demo_site(tmp_path_factory.mktemp("outages") / "site.ini", changes)


@pytest.fixture
def outage_site(postgresql_ini):
    command = ["application", "rotate-secret", str(postgresql_ini), "demo", "--json"]
    secret = json.loads(CliRunner().invoke(commands, command).stdout)["client_secret"]
    app = start(postgresql_ini)
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    browser.demo = {"client_id": "demo", "client_secret": secret}
    log_in(browser)
    yield browser
    app.registry["fast_session.database"].dispose()


def start(ini):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        return get_app(str(ini))


@pytest.fixture
def other_connection(outage_url):
    """A connection to the database outside the server."""
    engine = create_engine(outage_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def cut_connections(other_connection):
    """Terminate every connection of the server, as a restart of PostgreSQL does."""

    def terminate():
        other_connection.execute(text(TERMINATE_CONNECTIONS))
        other_connection.commit()

    return terminate


@pytest.fixture
def code(outage_site):
    answer = outage_site.get("/oauth/authorize", REQUEST, status=303)
    if "code=" not in answer.location:
        page = outage_site.get(answer.location)
        answer = page.forms["oauth-consent"].submit("decision", value="allow")
    return parse_qs(urlsplit(answer.location).query)["code"][0]


def redeem(site, code, status):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": "playground",
        "code_verifier": VERIFIER,
    }
    return site.post("/oauth/token", form, status=status)


def check_unavailable(answer):
    assert answer.status_int == 503
    assert answer.json["error"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"]


def request_client_token(site, status="*"):
    site.authorization = None
    basic = ("Basic", tuple(site.demo.values()))
    site.authorization = basic
    answer = site.post(
        "/oauth/token", {"grant_type": "client_credentials"}, status=status
    )
    site.authorization = None
    return answer


def test_a_repeatable_request_survives_a_cut_connection(
    outage_site, code, cut_connections
):
    tokens = redeem(outage_site, code, 200).json
    cut_connections()
    request_client_token(outage_site, 200)
    cut_connections()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": "playground",
    }
    renewed = outage_site.post("/oauth/token", form, status=200).json
    cut_connections()
    bearer = {"Authorization": f"Bearer {renewed['access_token']}"}
    outage_site.get("/api/me", headers=bearer, status=200)
    cut_connections()
    outage_site.get("/oauth/authorize", REQUEST, status=303)


def test_a_code_is_looked_up_again_after_a_restart_of_the_database(
    outage_site, code, cut_connections
):
    cut_connections()
    redeem(outage_site, code, 200)


@pytest.fixture
def cut_next_write(outage_site, cut_connections):
    """A function that lets the next statement that stores tokens find no connection."""
    cut = []

    def cut_before_write(connection, cursor, statement, *rest):
        if "INSERT" in statement and not cut:
            cut.append(statement)
            cut_connections()

    reader = outage_site.app.registry["fast_session.database"].reader

    def listen():
        event.listen(reader, "before_cursor_execute", cut_before_write)
        return cut

    return listen


def test_a_code_is_not_redeemed_twice_by_the_server_itself(
    outage_site, code, cut_next_write
):
    cut_next_write()
    check_unavailable(redeem(outage_site, code, 503))
    redeem(outage_site, code, 200)


def test_a_refresh_whose_write_was_cut_is_repeated_by_the_server(
    outage_site, code, cut_next_write
):
    token = redeem(outage_site, code, 200).json["refresh_token"]
    cut = cut_next_write()
    form = {"grant_type": "refresh_token", "refresh_token": token}
    outage_site.post("/oauth/token", {**form, "client_id": "playground"}, status=200)
    assert len(cut) == 1


def test_a_page_survives_a_restart_of_the_database(outage_site, cut_connections):
    page = outage_site.get(
        "/oauth/authorize", {**REQUEST, "approval_prompt": "force"}
    ).follow()
    cut_connections()
    form = page.forms["oauth-consent"]
    assert "code=" in form.submit("decision", value="allow", status=303).location


def test_a_lock_timeout_is_answered_503_and_logged(
    outage_site, other_connection, caplog, monkeypatch
):
    monkeypatch.setattr(error_views, "_last_traceback", float("-inf"))
    other_connection.execute(
        text("LOCK TABLE oauth_access_token IN ACCESS EXCLUSIVE MODE")
    )
    for _ in range(2):
        check_unavailable(request_client_token(outage_site))
    other_connection.rollback()
    records = [record for record in caplog.records if "unavailable" in record.message]
    assert len(records) == 2
    assert "55P03" in records[0].message
    assert "/oauth/token" in records[0].message
    assert [bool(record.exc_info) for record in records] == [True, False]
    request_client_token(outage_site, 200)


def test_a_connection_to_a_server_that_became_read_only_leaves_the_pool(
    outage_site, other_connection, cut_connections, outage_url
):
    request_client_token(outage_site, 200)
    name = make_url(outage_url).database
    standby = f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
    other_connection.execute(text(standby))
    other_connection.commit()
    cut_connections()
    check_unavailable(request_client_token(outage_site))
    other_connection.execute(
        text("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    )
    other_connection.commit()
    other_connection.execute(text("SET default_transaction_read_only = off"))
    other_connection.execute(
        text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    )
    other_connection.commit()
    request_client_token(outage_site, 200)


def test_requests_without_database_access_work_without_a_database(
    outage_site, postgresql_ini, outage_url, caplog
):
    port = make_url(outage_url).port or 5432
    unreachable_ini = postgresql_ini.with_name("unreachable.ini")
    unreachable_ini.write_text(postgresql_ini.read_text().replace(f":{port}/", ":9/"))
    app = start(unreachable_ini)
    browser = TestApp(app, extra_environ=outage_site.extra_environ)
    assert browser.get("/healthz", status=200).json == {"status": "ok"}
    browser.get("/oauth/.well-known/openid-configuration", status=200)
    answer = browser.get("/readyz", status=503)
    assert answer.json == {"status": "unavailable"}
    assert answer.headers["Retry-After"]
    assert "not ready" in caplog.text
    assert "OperationalError" in caplog.text
    check_unavailable(request_client_token_at(browser, outage_site.demo))
    page = browser.get("/sign-up", headers={"Accept": "text/html"}, status="*")
    assert page.status_int in (404, 503)
    app.registry["fast_session.database"].dispose()


def request_client_token_at(browser, demo):
    form = {"grant_type": "client_credentials"}
    browser.authorization = ("Basic", tuple(demo.values()))
    return browser.post("/oauth/token", form, status="*")


def test_the_keys_in_memory_are_published_while_the_database_is_away(
    outage_site, other_connection, caplog
):
    before = outage_site.get("/oauth/jwks", status=200).json
    other_connection.execute(
        text("LOCK TABLE oauth_signing_key IN ACCESS EXCLUSIVE MODE")
    )
    outage_site.app.registry["pyramid_oauth.server"].ring._loaded_at = float("-inf")
    assert outage_site.get("/oauth/jwks", status=200).json == before
    other_connection.rollback()
    assert "those in memory are used" in caplog.text


def test_keys_loaded_at_the_start_are_published_though_the_database_hangs(
    outage_site, postgresql_ini, other_connection
):
    before = outage_site.get("/oauth/jwks", status=200).json
    app = start(postgresql_ini)
    other_connection.execute(
        text("LOCK TABLE oauth_signing_key IN ACCESS EXCLUSIVE MODE")
    )
    fresh = TestApp(app, extra_environ=outage_site.extra_environ)
    assert fresh.get("/oauth/jwks", status=200).json == before
    other_connection.rollback()
    app.registry["fast_session.database"].dispose()


def test_the_server_starts_though_the_database_hangs(
    outage_site, postgresql_ini, other_connection
):
    other_connection.execute(
        text("LOCK TABLE oauth_signing_key IN ACCESS EXCLUSIVE MODE")
    )
    began = monotonic()
    app = start(postgresql_ini)
    fresh = TestApp(app, extra_environ=outage_site.extra_environ)
    fresh.get("/healthz", status=200)
    assert monotonic() - began < 8
    other_connection.rollback()
    fresh.get("/oauth/jwks", status=200)
    app.registry["fast_session.database"].dispose()


def test_the_server_is_ready_while_its_database_answers(outage_site):
    assert outage_site.get("/readyz", status=200).json == {"status": "ok"}
    assert (
        outage_site.get("/healthz", status=200).headers["Cache-Control"] == "no-store"
    )
    for path in ("/healthz", "/readyz"):
        assert outage_site.post(path, status=405).headers["Allow"] == "GET, HEAD"


def lose_prepared_statements(site):
    """Delete the prepared statements of the thread's connection, as a pooler may."""
    for _ in range(8):  # psycopg prepares a statement at its sixth execution
        request_client_token(site, 200)
        redeem(site, "unknown", 400)
    connection = site.app.registry["fast_session.database"].reading()
    if connection.dialect.driver != "psycopg":
        pytest.skip("psycopg2 prepares no statements")
    names = list(connection.scalars(text("SELECT name FROM pg_prepared_statements")))
    assert names
    for name in names:
        connection.exec_driver_sql(f'DEALLOCATE "{name}"')


def test_lost_prepared_statements_are_prepared_again(outage_site, code, caplog):
    lose_prepared_statements(outage_site)
    redeem(outage_site, code, 200)
    assert "standalone.prepared_statements" not in caplog.text


def test_lost_prepared_statements_of_the_driver_are_explained_in_the_log(
    outage_site, code, caplog
):
    reader = outage_site.app.registry["fast_session.database"].reader
    # With a listener SQLAlchemy executes every statement, and the driver prepares it.
    event.listen(reader, "before_cursor_execute", lambda *given: None)
    lose_prepared_statements(outage_site)
    redeem(outage_site, code, 200)
    assert "standalone.prepared_statements = false" in caplog.text
