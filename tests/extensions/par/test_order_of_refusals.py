"""The order in which faults of a pushed request are found (RFC 9126 section 2.1)."""

from __future__ import annotations

import pytest

from tests.support.faults import combine_faults, fault_ids
from tests.support.pushing import PAR, URN, push, push_request_uri

FAULTS = [
    ({"client_secret": "wrong"}, "invalid_client", ""),
    ({"request_uri": f"{URN}x"}, "invalid_request", "request_uri cannot be pushed"),
    ({"response_mode": "pigeon"}, "invalid_request", "response_mode is not supported"),
    ({"redirect_uri": "https://evil.example/"}, "invalid_request", "redirect URI"),
    ({"code_challenge": None}, "invalid_request", "code_challenge"),
    ({"scope": "fly"}, "invalid_scope", ""),
    ({"approval_prompt": "maybe"}, "invalid_request", "approval_prompt is auto"),
    ({"prompt": "none login"}, "invalid_request", "prompt=none goes with no other"),
]


@pytest.mark.spec(PAR, "2.3")
@pytest.mark.parametrize("first", range(len(FAULTS)), ids=fault_ids(FAULTS))
def test_a_push_is_refused_as_json_for_the_first_fault(host, client, first):
    _, error, text = FAULTS[first]
    answer = push(host, {**client, **combine_faults(FAULTS[first:])})
    assert answer.content_type == "application/json"
    assert answer.status_int == (401 if error == "invalid_client" else 400)
    assert answer.json["error"] == error
    assert text in answer.json.get("error_description", "")
    assert host.count("AuthorizationRequest") == 0
    assert push_request_uri(host, client)
