"""No JSON in `authorization_details` leads to a server error (property-based)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.host import Host, build_authorization_request
from tests.support.payments import ACCOUNTS, DETAILS, PAYMENT, declare_payments, log_in

TEXT = st.text(max_size=20) | st.sampled_from(
    ["\x00", "\u202e", "\u05d0\u05d1", "\U0001f4b6", "__class__", "$ref", "type"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)
FIELDS = st.sampled_from([*PAYMENT, *ACCOUNTS, "datatypes", "identifier", "privileges"])
DETAIL = st.builds(
    lambda base, changes: {**base, **changes},
    st.sampled_from([PAYMENT, ACCOUNTS, {"type": "account_information"}, {}]),
    st.dictionaries(FIELDS | TEXT, JSON, max_size=3),
)
DUPLICATE = '[{"type": "account_information", "identifier": "a", "identifier": "b"}]'
RAW = st.sampled_from(
    [
        *("", "[", "nul", "-", "[1e999]", "1" * 5000, DUPLICATE),
        "[" * 5000,
        '[{"type":' * 500,
        '[{"a":' * 30 + "1" + "}]" * 30,
        '[{"type": "\\ud800"}]',
    ]
)
VALUES = st.lists(DETAIL, max_size=4).map(json.dumps) | JSON.map(json.dumps) | RAW


@pytest.fixture(scope="module")
def fuzzed_bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    host = Host(f"sqlite:///{folder}/fuzz.sqlite", declare_payments)
    host.client = host.register_client()
    host.alice = log_in(host)
    yield host
    host.engine.dispose()


@settings(max_examples=at_most(200), deadline=None)
@given(value=VALUES)
def test_no_value_leads_to_a_server_error(fuzzed_bank, value):
    client = fuzzed_bank.client
    raw = value.encode("utf-8", "surrogatepass")
    request = {**build_authorization_request(), DETAILS: raw}
    own = {"grant_type": "client_credentials", DETAILS: raw, **client}
    browser = fuzzed_bank.browser()
    for path, form in (("/oauth/token", own), ("/oauth/par", {**request, **client})):
        answer = browser.post(path, form, status="*")
        assert answer.status_int in (200, 201, 400)
    shown = fuzzed_bank.alice.post("/oauth/authorize", request, status="*")
    assert shown.status_int in (200, 303, 400)
    if "/authorize/" in (shown.location or ""):
        fuzzed_bank.alice.get(shown.location, status=200)
