"""What ends while an authorization request is answered leaves no grant behind."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select

from pyramid_oauth.config.authorize_steps import Phase
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    parse_redirect,
)
from tests.support.people import People
from tests.support.provider import log_in_browser

LOGINS = Table(
    "host_login",
    MetaData(),
    Column("id", String(20), primary_key=True),
    Column("subject", String(20)),
)


class StoredLogins(People):
    """People whose login sessions are rows of a table."""

    def __init__(self):
        super().__init__(session_id="first")

    def login_rows(self, subject, session_id):
        return select(1).where(LOGINS.c.subject == subject, LOGINS.c.id == session_id)


@pytest.fixture
def interruption():
    """What happens just before the next grant is stored: a list of functions."""
    return []


@pytest.fixture
def interrupted_host(new_host, interruption):
    """A host with a table of login sessions, and a client."""

    def interrupt(authorization):
        if interruption:
            interruption.pop()(authorization.request)

    def configure(config):
        config.set_oauth_accounts(StoredLogins())
        config.add_oauth_authorize_step("interrupt", interrupt, phase=Phase.GRANT)

    host = new_host(configure)
    LOGINS.create(host.engine)
    with host.engine.begin() as connection:
        connection.execute(insert(LOGINS), {"id": "first", "subject": "alice"})
    host.register_client()
    yield host
    LOGINS.drop(host.engine)


def end_login(request):
    request.oauth.session.execute(delete(LOGINS))


def test_a_login_that_ended_meanwhile_leaves_no_grant(interrupted_host, interruption):
    browser = log_in_browser(interrupted_host)
    interruption.append(end_login)
    page = browser.get(
        "/oauth/authorize", build_authorization_request(), status=303
    ).follow()
    answer = parse_redirect(page.form.submit("decision", value="allow"))
    assert answer["error"] == "temporarily_unavailable"
    assert "login ended" in answer["error_description"]
    assert interrupted_host.count("Grant") == 0
    assert interrupted_host.count("Consent") == 0


def test_a_login_of_the_table_gets_a_code(interrupted_host):
    assert "code" in parse_redirect(authorize_client(log_in_browser(interrupted_host)))


def test_a_consent_that_was_withdrawn_meanwhile_is_asked_for_again(
    interrupted_host, interruption
):
    browser = log_in_browser(interrupted_host)
    authorize_client(browser)
    interruption.append(lambda request: request.oauth.withdraw("web"))
    request = build_authorization_request()
    answer = browser.get("/oauth/authorize", request, status=303)
    assert "/authorize/" in answer.location, answer.location
    assert interrupted_host.count("Grant") == 1  # the revoked one


def test_a_scope_that_was_withdrawn_meanwhile_is_asked_for_again(
    interrupted_host, interruption
):
    browser = log_in_browser(interrupted_host)
    authorize_client(browser)
    interruption.append(lambda request: request.oauth.withdraw("web", ["write"]))
    request = build_authorization_request()
    page = browser.get("/oauth/authorize", request, status=303).follow()
    assert page.html.find("input", {"name": "decision"}) or page.form
    assert interrupted_host.count("Grant") == 1
