"""The login session and the consent of its user are read by one statement."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import (
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.clock import now
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    parse_redirect,
)

SESSIONS = Table(
    "host_session",
    MetaData(),
    Column("key", String(20), primary_key=True),
    Column("who", String(20)),
    Column("who_in_bytes", LargeBinary(20)),
)


class SessionsOfTable(Accounts):
    """Accounts whose session cookie has the key of a row."""

    def __init__(self, subject="who"):
        super().__init__()
        columns = SESSIONS.c.who, SESSIONS.c.who_in_bytes
        self._find = select(*columns).where(SESSIONS.c.key == bindparam("key"))
        self._subject = subject

    def current(self, request):
        key = {"key": request.cookies.get("key", "")}
        row = request.oauth.fetch_login(self._find, key, self._subject)
        return row and Account(subject=row.who)


@pytest.fixture
def sessions_host(new_host, request):
    """A host that keeps login sessions in a table, and a client.

    A parameter names the column with the subject.
    """
    accounts = SessionsOfTable(getattr(request, "param", "who"))
    host = new_host(lambda config: config.set_oauth_accounts(accounts))
    SESSIONS.create(host.engine)
    rows = [
        {"key": key, "who": who, "who_in_bytes": who.encode()}
        for key, who in (("1", "alice"), ("2", "bob"))
    ]
    with host.engine.begin() as connection:
        connection.execute(insert(SESSIONS), rows)
    host.register_client()
    yield host
    SESSIONS.drop(host.engine)


@pytest.fixture
def consenting_alice(sessions_host):
    """The browser of alice, who has consented."""
    browser = open_browser(sessions_host, "1")
    authorize_client(browser)
    return browser


def open_browser(host, key):
    browser = host.browser()
    browser.set_cookie("key", key)
    return browser


def ask(browser):
    """Return the answer to an authorization request."""
    return browser.get("/oauth/authorize", build_authorization_request(), status=303)


def count_reads(host, browser):
    statements = host.record_statements()
    assert "code" in parse_redirect(ask(browser))
    return len([each for each in statements if each.startswith("SELECT")])


def test_one_statement_reads_login_and_consent(sessions_host, consenting_alice):
    assert count_reads(sessions_host, consenting_alice) == 1


@pytest.mark.parametrize("sessions_host", ["who_in_bytes"], indirect=True)
def test_subjects_of_another_type_take_two_statements(sessions_host, consenting_alice):
    assert count_reads(sessions_host, consenting_alice) == 2


def test_the_consent_of_another_user_does_not_count(sessions_host, consenting_alice):
    assert "/authorize/" in ask(open_browser(sessions_host, "2")).location


def test_an_unknown_session_leads_to_the_login(sessions_host, consenting_alice):
    assert "/login" in ask(open_browser(sessions_host, "3")).location


def test_an_expired_consent_does_not_count(sessions_host, consenting_alice):
    consent = sessions_host.models.Consent.__table__
    expired = {"expires_at": now() - timedelta(seconds=1)}
    with sessions_host.engine.begin() as connection:
        connection.execute(update(consent).values(expired))
    assert "/authorize/" in ask(consenting_alice).location


def test_a_client_that_was_disabled_meanwhile_is_refused(
    sessions_host, consenting_alice
):
    assert "code" in parse_redirect(ask(consenting_alice))  # now it is cached
    client = sessions_host.models.Application.__table__
    change = {"disabled_at": now(), "revision": client.c.revision + 1}
    with sessions_host.engine.begin() as connection:
        connection.execute(update(client).values(change))
    consenting_alice.get("/oauth/authorize", build_authorization_request(), status=400)
