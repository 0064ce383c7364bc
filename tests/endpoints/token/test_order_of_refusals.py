"""The order in which faults of a token request are found (RFC 6749 section 5.2).

Each list has the faults in the order in which they are found: a request with all faults
from one on is refused for that one. The client learns nothing of a code or a token
before it has authenticated.
"""

from __future__ import annotations

import pytest

from tests.support.faults import combine_faults, fault_ids
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
)

OTHER_URI = "https://client.example/other"

CODE = [
    ({"grant_type": None}, "invalid_request", "grant_type is missing"),
    ({"grant_type": "x"}, "unsupported_grant_type", "grant_type is one of"),
    ({"code": None}, "invalid_request", "Missing code parameter"),
    ({"client_secret": "wrong"}, "invalid_client", ""),
    ({"code": "x" * 43}, "invalid_grant", "The code is unknown"),
    ({"code_verifier": "x" * 43}, "invalid_grant", "code_verifier does not fit"),
    ({"redirect_uri": OTHER_URI}, "invalid_grant", "redirect_uri"),
]

REFRESH = [
    ({"grant_type": "x"}, "unsupported_grant_type", "grant_type is one of"),
    ({"refresh_token": None}, "invalid_request", "Missing refresh token"),
    ({"client_secret": "wrong"}, "invalid_client", ""),
    ({"refresh_token": "x"}, "invalid_grant", "The refresh token is unknown"),
    ({"scope": "fly"}, "invalid_scope", ""),
]


def refusal_of(answer):
    """The code and the description, whose status fits them."""
    code = answer.json["error"]
    assert answer.status_int == (401 if code == "invalid_client" else 400)
    assert answer.headers["Cache-Control"] == "no-store"
    return code, answer.json.get("error_description", "")


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize("first", range(len(CODE)), ids=fault_ids(CODE))
def test_a_code_is_refused_for_the_first_fault(host, browser, client, first):
    _, error, text = CODE[first]
    code = parse_redirect(authorize_client(browser))["code"]
    form = build_code_exchange(code, client, **combine_faults(CODE[first:]))
    answer = host.browser().post("/oauth/token", form, expect_errors=True)
    refused, description = refusal_of(answer)
    assert refused == error
    assert text in description
    host.browser().post("/oauth/token", build_code_exchange(code, client), status=200)


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize("first", range(len(REFRESH)), ids=fault_ids(REFRESH))
def test_a_refresh_token_is_refused_for_the_first_fault(host, client, first):
    _, error, text = REFRESH[first]
    tokens = obtain_tokens(host, client)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        **client,
        **combine_faults(REFRESH[first:]),
    }
    form = {name: value for name, value in form.items() if value is not None}
    refused, description = refusal_of(
        host.browser().post("/oauth/token", form, expect_errors=True)
    )
    assert refused == error
    assert text in description
    renewed = refresh_tokens(host, client, tokens["refresh_token"])
    assert call_api(host, renewed.json["access_token"]) == 200
