"""A person who is no longer active gets nothing more, though their session goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import literal

from pyramid_oauth.accounts import Accounts
from tests.support.host import asked, consent, query_of

BARRED = "mallory"


class AskedAdapter(Accounts):
    def is_active(self, request, subject):
        return subject != BARRED


class AdapterWithClause(AskedAdapter):
    def active_clause(self, subject):
        return subject != literal(BARRED)


@pytest.fixture(params=[AskedAdapter, AdapterWithClause])
def host(request, new_host):
    return new_host(lambda config: config.set_oauth_accounts(request.param))


@pytest.mark.parametrize("trusted", [False, True])
def test_an_inactive_account_gets_neither_consent_page_nor_code(host, trusted):
    host.application(skip_authorization=trusted)
    browser = host.browser()
    browser.get(f"/login?name={BARRED}")
    answer = query_of(browser.get("/oauth/authorize", asked(), status=303))
    assert answer["error"] == "access_denied"
    assert host.count("Grant") == 0


def test_an_active_account_gets_a_code(host):
    host.application()
    browser = host.browser()
    browser.get("/login?name=alice")
    assert "code" in query_of(consent(browser))
