"""Hostile values of `resource`, and the order of refusals at the token endpoint."""

from __future__ import annotations

import pytest

from tests.support.host import build_code_exchange
from tests.support.resources import CALENDAR, request_own_token

HOSTILE = [
    ["https://[::1/"],
    ["https://[v1.x]/"],
    ["http://:80"],
    ["https:"],
    ["https://a:b:c/"],
    ["HTTPS://％/"],
    ["%00:x"],
    ["urn:" + "x" * 20_000],
    [f"urn:{number}" for number in range(90)],
    [f"urn:{number}" for number in range(300)],
    ["", CALENDAR, ""],
    [CALENDAR] * 50,
    [f"{CALENDAR} {CALENDAR}", "  "],
    ["*"],
    ["urn:\u202e"],
    ["javascript:alert(1)"],
]


@pytest.mark.parametrize("resources", HOSTILE, ids=range(len(HOSTILE)))
def test_no_value_leads_to_a_server_error(
    resource_host, resource_client, resource_browser, resources
):
    token = request_own_token(
        resource_host, resource_client, *resources, expect_errors=True
    )
    assert token.status_int in (200, 400)
    query = [("response_type", "code"), ("client_id", "web"), ("scope", "read")]
    query += [("resource", each) for each in resources]
    answer = resource_browser.get("/oauth/authorize", query, expect_errors=True)
    assert answer.status_int in (303, 400, 413)


def test_client_and_code_are_refused_first(
    resource_host, resource_client, resource_browser
):
    unknown = build_code_exchange("unknown", resource_client, resource="urn:unknown")
    answer = resource_browser.post("/oauth/token", unknown, status=400)
    assert answer.json["error"] == "invalid_grant"
    forged = {**unknown, "client_secret": "forged"}
    answer = resource_browser.post("/oauth/token", forged, status=401)
    assert answer.json["error"] == "invalid_client"
