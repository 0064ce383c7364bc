"""An inactive account gets no code, even with a login session."""

from __future__ import annotations

import pytest
from sqlalchemy import literal
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)

INACTIVE = "mallory"


class AccountsWithMethod(Accounts):
    def is_active(self, request, subject):
        return subject != INACTIVE


class AccountsWithClause(AccountsWithMethod):
    def active_clause(self, subject):
        return subject != literal(INACTIVE)


@pytest.fixture(
    params=[AccountsWithMethod, AccountsWithClause], ids=["method", "clause"]
)
def accounts_host(request, new_host):
    return new_host(lambda config: config.set_oauth_accounts(request.param))


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
def test_an_inactive_account_gets_neither_consent_page_nor_code(accounts_host, trusted):
    accounts_host.register_client(skip_authorization=trusted)
    browser = accounts_host.browser()
    browser.get(f"/login?name={INACTIVE}")
    answer = parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request(), status=303)
    )
    assert answer["error"] == "access_denied"
    assert accounts_host.count("Grant") == 0


def test_an_active_account_gets_a_code_that_is_void_when_it_is_inactive(
    accounts_host,
):
    client = accounts_host.register_client()
    browser = accounts_host.browser()
    browser.get("/login?name=alice")
    form = build_code_exchange(
        parse_redirect(authorize_client(browser))["code"], client
    )
    with Session(accounts_host.engine) as session:
        session.query(accounts_host.models.Grant).one().user_id = INACTIVE
        session.commit()
    refused = browser.post("/oauth/token", form, status=400)
    assert refused.json["error"] == "invalid_grant"
