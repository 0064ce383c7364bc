"""Races of pushed authorization requests at server processes on one database."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.parallel.conftest import CALLBACK, CALLERS, ISSUER, call_at_once
from tests.parallel.test_races import REQUEST, VERIFIER
from tests.support.dpop import DPOP, ProofSigner
from tests.support.pushing import PAR

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

PAR_URL = f"{ISSUER}/par"


@pytest.fixture(scope="module")
def par_site(new_module_site):
    """Two processes; alice has given her consent to the client."""
    site = new_module_site()
    assert find_code(open_uri(site, 0, site.browser(), push_uri(site), decide=True))
    return site


def push(site, number=0, headers=None, **changes):
    form = {**REQUEST, **site.client, **changes}
    url = f"{site.origin(number)}/oauth/par"
    return requests.post(url, form, headers=headers, timeout=30)


def push_uri(site, **changes):
    answer = push(site, **changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["request_uri"]


def open_uri(site, number, browser, uri, decide=False):
    """Open the authorization endpoint of a process; the redirect URI or the status."""
    query = urlencode({"client_id": site.client["client_id"], "request_uri": uri})
    url = f"{site.origin(number)}/oauth/authorize?{query}"
    if decide:
        return site.decide(browser, url)
    answer = browser.get(url, allow_redirects=False)
    return answer.headers.get("Location", answer.status_code)


def find_code(location):
    """The code in a redirect to the client, or None."""
    if not str(location).startswith(CALLBACK):
        return None
    return parse_qs(urlsplit(location).query)["code"][0]


@pytest.mark.spec(PAR, "7.3")
def test_a_request_uri_gives_one_code_at_all_processes(par_site):
    browsers = [par_site.browser() for _ in range(CALLERS)]
    for _ in range(3):
        uri = push_uri(par_site)
        answers = call_at_once(
            lambda number, uri=uri: open_uri(par_site, number, browsers[number], uri)
        )
        codes = [code for code in map(find_code, answers) if code]
        assert len(codes) == 1
        assert sorted(map(str, answers))[:-1] == ["400"] * (CALLERS - 1)
        form = {
            "grant_type": "authorization_code",
            "code": codes[0],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **par_site.client,
        }
        assert par_site.post(1, "/oauth/token", form).ok


@pytest.mark.spec(DPOP, "11.1")
def test_a_proof_is_accepted_once_at_the_par_endpoints_of_all_processes(par_site):
    headers = {"DPoP": ProofSigner().sign("POST", PAR_URL)}
    answers = call_at_once(lambda number: push(par_site, number, headers))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [400] * (CALLERS - 1)
    errors = {answer.json().get("error") for answer in answers}
    assert errors == {None, "invalid_dpop_proof"}
