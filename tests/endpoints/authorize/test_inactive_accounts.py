"""An inactive account gets no code, even with a login session."""

from __future__ import annotations

import pytest
from sqlalchemy import literal

from pyramid_oauth.accounts import Accounts
from tests.support.host import (
    authorize_client,
    build_authorization_request,
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


def test_an_active_account_gets_a_code(accounts_host):
    accounts_host.register_client()
    browser = accounts_host.browser()
    browser.get("/login?name=alice")
    assert "code" in parse_redirect(authorize_client(browser))
