"""The limit on the unredeemed grants of a user."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.host import (
    Host,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
)
from tests.support.waiting import wait_until

LIMIT = 5


@pytest.fixture
def limited_host(new_host):
    """A host where a user may have five unredeemed codes."""
    return new_host(unredeemed_grants=str(LIMIT))


@pytest.fixture
def limited_client(limited_host):
    """The credentials of a client of `limited_host`."""
    return limited_host.register_client()


def log_in(host, name="alice"):
    browser = host.browser()
    browser.get(f"/login?name={name}")
    authorize_client(browser)
    return browser


def request_code(browser):
    """Send a request with a remembered consent; the response parameters."""
    return parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request(), status=303)
    )


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_a_user_with_too_many_valid_codes_gets_no_further_one(
    limited_host, limited_client, frozen_clock
):
    browser = log_in(limited_host)
    for _ in range(LIMIT - 1):
        assert "code" in request_code(browser)
    refused = request_code(browser)
    assert (refused["error"], refused["state"]) == (
        "temporarily_unavailable",
        build_authorization_request()["state"],
    )
    assert "not been redeemed" in refused["error_description"]
    assert limited_host.count("Grant") == LIMIT


def test_repeated_authorization_without_redemption_does_not_fill_the_table(
    limited_host, limited_client, frozen_clock
):
    browser = log_in(limited_host)
    for _ in range(4 * LIMIT):
        frozen_clock.advance(61)
        assert "code" in request_code(browser)
        assert limited_host.count("Grant") <= LIMIT


def test_another_user_has_a_limit_of_their_own(
    limited_host, limited_client, frozen_clock
):
    browser = log_in(limited_host)
    for _ in range(LIMIT):
        request_code(browser)
    assert "code" in request_code(log_in(limited_host, "bob"))


def test_redeemed_codes_do_not_count_and_are_kept(limited_host, limited_client):
    browser = log_in(limited_host)
    for _ in range(2 * LIMIT):
        form = build_code_exchange(request_code(browser)["code"], limited_client)
        tokens = browser.post("/oauth/token", form, status=200).json
    assert call_api(limited_host, tokens["access_token"]) == 200
    assert limited_host.count("Grant") == 2 * LIMIT + 1


def test_a_refused_decision_can_be_repeated_later(
    limited_host, limited_client, frozen_clock
):
    browser = log_in(limited_host)
    for _ in range(LIMIT):
        request_code(browser)
    consent_page = browser.get(
        "/oauth/authorize", build_authorization_request(approval_prompt="force")
    ).follow()
    form = consent_page.forms["oauth-consent"]
    assert "error" in parse_redirect(form.submit("decision", value="allow"))
    frozen_clock.advance(61)
    assert "code" in parse_redirect(form.submit("decision", value="allow"))


def test_a_grant_with_a_valid_token_is_not_deleted_with_its_expired_code(
    limited_host, limited_client, frozen_clock
):
    """As in the hybrid flow, where a client may have a token and an unredeemed code."""
    browser = log_in(limited_host)
    access_token = obtain_tokens(limited_host, limited_client)["access_token"]
    with Session(limited_host.engine) as session:
        grant = limited_host.models.Grant
        session.execute(grant.__table__.update().values(code_used_at=None))
        session.commit()
    frozen_clock.advance(61)
    for _ in range(2 * LIMIT):
        request_code(browser)
    assert call_api(limited_host, access_token) == 200


def test_without_a_limit_nothing_is_deleted(new_host, frozen_clock):
    with pytest.warns(match="unredeemed_grants"):
        host = new_host(unredeemed_grants="0")
    host.register_client()
    browser = log_in(host)
    for _ in range(LIMIT):
        frozen_clock.advance(61)
        request_code(browser)
    assert host.count("Grant") == LIMIT + 1


def test_codes_are_counted_after_a_quarter_of_the_limit(new_host, frozen_clock):
    host = new_host(unredeemed_grants="8")
    host.register_client()
    browser = log_in(host)
    statements = host.record_statements()
    for _ in range(6):
        request_code(browser)
    counts = [text for text in statements if "count(*)" in text]
    assert len(counts) == 3


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_redemption_changes_no_index_of_the_grant(postgresql_url):
    """PostgreSQL's heap-only tuple (HOT) updates: no index has a changed column."""
    host = Host(postgresql_url)
    client = host.register_client()
    browser = log_in(host)
    with host.engine.connect() as connection:
        for _ in range(10):
            form = build_code_exchange(request_code(browser)["code"], client)
            browser.post("/oauth/token", form, status=200)
        wait_until(lambda: updates_of_grants(connection)[0] >= 10, 10)
        updated, hot = updates_of_grants(connection)
    assert hot >= updated - 2  # a full page takes no further version of a row
    host.engine.dispose()


def updates_of_grants(connection):
    """The updated rows of the table, and those of them without an index change."""
    connection.rollback()  # statistics are those of the beginning of a transaction
    counted = text(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
        " WHERE relname = 'oauth_grant'"
    )
    return connection.execute(counted).one()
