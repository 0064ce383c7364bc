"""No request makes a server error (property-based)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.host import Host, build_authorization_request

ENDPOINTS = ("token", "revoke", "introspect", "authorize", "nothing", "authorize/x")
NAMES = st.sampled_from(
    [
        "grant_type",
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
        "refresh_token",
        "scope",
        "token",
        "response_type",
        "state",
        "code_challenge",
        "approval_prompt",
        "prompt",
        "user",
        "access_token",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        ["web", "code", "read", "client_credentials", "refresh_token", "%00", "%ff"]
    ),
    st.sampled_from(["%zz", "%", "%c3%28", "%ed%a0%80", "a" * 5000, "+", "x%0d%0ay"]),
    st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace").hex()),
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
BODIES = st.one_of(st.binary(max_size=200), PAIRS.map(str.encode))
TYPES = st.sampled_from(
    ["application/x-www-form-urlencoded", "application/json", "text/plain", ""]
)
HEADERS = st.sampled_from(
    [None, "Basic", "Basic !!", "Basic Og==", "Basic /////w==", "Bearer x", "Bearer"]
)


@pytest.fixture(scope="module")
def open_browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    host = Host(f"sqlite:///{folder}/fuzz.sqlite")
    host.register_client()
    yield host.browser
    host.engine.dispose()


@settings(
    max_examples=at_most(250),
)
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]),
    query=PAIRS,
    body=BODIES,
    kind=TYPES,
    authorization=HEADERS,
    logged_in=st.booleans(),
)
def test_no_request_makes_a_server_error(
    open_browser, endpoint, method, query, body, kind, authorization, logged_in
):
    browser = open_browser()
    if logged_in:
        browser.get("/login?name=alice")
    headers = {"Content-Type": kind, "Origin": "https://elsewhere.example"}
    if authorization:
        headers["Authorization"] = authorization
    answer = browser.request(
        f"/oauth/{endpoint}?{query}" if query else f"/oauth/{endpoint}",
        method=method,
        body=b"" if method in ("GET", "HEAD", "OPTIONS") else body,
        headers=headers,
        expect_errors=True,
    )
    assert answer.status_int < 500


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect"])
def test_other_methods_are_answered_405_with_allow(open_browser, endpoint, method):
    answer = open_browser().request(
        f"/oauth/{endpoint}", method=method, expect_errors=True
    )
    assert answer.status_int == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.spec("RFC 6749", "3.2")
def test_a_json_body_is_refused_with_the_expected_type(open_browser):
    answer = open_browser().post_json("/oauth/token", {}, status=415)
    assert answer.json["error"] == "invalid_request"


def test_a_huge_body_is_refused_unread(open_browser):
    form = {"grant_type": "x" * 70_000}
    answer = open_browser().post("/oauth/token", form, status=413)
    assert answer.json["error"] == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.1")
def test_a_repeated_parameter_is_refused(open_browser):
    form = [("grant_type", "client_credentials"), ("client_id", "a")] * 2
    answer = open_browser().post("/oauth/token", form, status=400)
    assert answer.json["error"] == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.2")
def test_parameters_in_the_query_of_the_token_endpoint_are_refused(open_browser):
    answer = open_browser().post("/oauth/token?x=1", {"grant_type": "y"}, status=400)
    assert answer.json["error"] == "invalid_request"


def test_a_state_that_cannot_be_decoded_is_refused_by_a_page(open_browser):
    browser = open_browser()
    answer = browser.get("/oauth/authorize?state=%ff", status=400)
    assert answer.content_type == "text/html"
    assert browser.get(
        "/oauth/authorize", build_authorization_request(state="\x00"), status=400
    )
