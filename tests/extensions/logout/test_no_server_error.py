"""No request to the logout endpoints makes a server error (property-based)."""

from __future__ import annotations

from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.person import LoggedInUser
from tests.support.provider import (
    OTHER_POST_LOGOUT_URI,
    POST_LOGOUT_URI,
    make_logout_provider,
)

NAMES = (
    "id_token_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
    "logout_hint",
    "decision",
    "csrf_token",
    "anything",
)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def fuzzed_logout_provider(tmp_path_factory):
    folder = tmp_path_factory.mktemp("database")
    provider = make_logout_provider(
        f"sqlite:///{folder}/test.sqlite",
        session_management="true",
        frontchannel_logout="true",
        backchannel_logout="true",
    )
    yield provider
    provider.engine.dispose()


@pytest.fixture(scope="module")
def fuzzed_hint(fuzzed_logout_provider):
    return LoggedInUser(fuzzed_logout_provider).log_in_at_client()["id_token"]


def bodies(hint):
    """Form bodies: our parameters with valid and invalid values, and random bytes."""
    token = st.sampled_from(
        [
            hint,
            hint[:-4],
            hint.upper(),
            "a.b.c",
            "a.b.c.d.e",
            "..",
            "eyJhbGciOiJub25lIn0..",
        ]
    )
    values = st.sampled_from(
        [
            "web",
            "other",
            "none",
            POST_LOGOUT_URI,
            OTHER_POST_LOGOUT_URI,
            "logout",
            "stay",
        ]
    )
    value = st.one_of(token, values, st.text(max_size=40))
    pairs = st.lists(st.tuples(st.sampled_from(NAMES), value), max_size=5)
    encoded = pairs.map(
        lambda pairs_drawn: urlencode(pairs_drawn, errors="surrogatepass").encode()
    )
    return st.one_of(encoded, st.binary(max_size=60))


def assert_allowed_answer(answer):
    assert answer.status_int < 500
    if answer.status_int == 303:
        own_url = "/oauth/end_session?"
        assert answer.location.startswith(
            (POST_LOGOUT_URI, OTHER_POST_LOGOUT_URI, own_url)
        )


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "4")
@settings(
    max_examples=at_most(200),
)
@given(data=st.data(), logged_in=st.booleans())
def test_no_request_to_end_session_makes_a_server_error(
    fuzzed_logout_provider, fuzzed_hint, data, logged_in
):
    raw = data.draw(bodies(fuzzed_hint))
    browser = (
        LoggedInUser(fuzzed_logout_provider).browser
        if logged_in
        else fuzzed_logout_provider.browser()
    )
    assert_allowed_answer(
        browser.get(
            f"/oauth/end_session?{quote_from_bytes(raw, safe='=&%+;')}",
            expect_errors=True,
        )
    )
    assert_allowed_answer(
        browser.post("/oauth/end_session", raw, content_type=FORM, expect_errors=True)
    )


@settings(max_examples=at_most(50))
@given(
    raw=st.binary(max_size=60),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
)
def test_no_request_to_check_session_makes_a_server_error(
    fuzzed_logout_provider, raw, method
):
    path = f"/oauth/check_session?{quote_from_bytes(raw, safe='=&%+;')}"
    cookie = {"Cookie": f"oauth_session_state={quote_from_bytes(raw)}"}
    answer = fuzzed_logout_provider.browser().request(
        path, method=method, headers=cookie, expect_errors=True
    )
    assert answer.status_int in (200, 405)
