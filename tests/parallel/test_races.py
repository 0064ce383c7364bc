"""Races of twenty callers at two server processes on one PostgreSQL database."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.parallel.conftest import CALLBACK, CALLERS

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
REQUEST = {
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "read write",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}


def new_code_exchange(site):
    """A form that redeems a fresh code of alice."""
    query = urlencode({**REQUEST, "client_id": site.client["client_id"]})
    answer = site.decide(site.browser(), f"{site.origin()}/oauth/authorize?{query}")
    return {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(answer).query)["code"][0],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **site.client,
    }


def refresh_request(site, token):
    return {"grant_type": "refresh_token", "refresh_token": token, **site.client}


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_code_redeemed_concurrently_issues_tokens_once(new_site):
    site = new_site()
    answers = site.post_concurrently("/oauth/token", new_code_exchange(site))
    assert statuses(answers) == [200] + [400] * (CALLERS - 1)
    assert site.count("SELECT count(*) FROM oauth_access_token") == 1
    assert site.count("SELECT count(*) FROM oauth_refresh_token") == 1
    # The others were replays: the grant and the tokens of the first are revoked.
    assert site.count("SELECT count(*) FROM oauth_grant WHERE revoked_at IS NULL") == 0


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_concurrent_refreshes_without_grace_issue_one_token(new_site):
    site = new_site(refresh_token_grace=0)
    response = site.post(0, "/oauth/token", new_code_exchange(site)).json()
    form = refresh_request(site, response["refresh_token"])
    answers = site.post_concurrently("/oauth/token", form)
    assert statuses(answers) == [200] + [400] * (CALLERS - 1)
    assert site.count("SELECT count(*) FROM oauth_refresh_token") == 1
    # The others were replays: the tokens of the first are revoked.
    assert site.count("SELECT count(*) FROM oauth_grant WHERE revoked_at IS NULL") == 0


def test_concurrent_refreshes_within_the_grace_period_all_succeed(new_site):
    site = new_site(refresh_token_grace=30)
    response = site.post(0, "/oauth/token", new_code_exchange(site)).json()
    form = refresh_request(site, response["refresh_token"])
    answers = site.post_concurrently("/oauth/token", form)
    assert statuses(answers) == [200] * CALLERS
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    for answer in answers:
        header = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert site.browser().get(f"{site.origin()}/api/me", headers=header).ok
    assert site.count("SELECT count(*) FROM oauth_refresh_token") == 1
    assert site.count("SELECT count(*) FROM oauth_access_token") <= CALLERS + 1
