"""`session_state` in authorization responses, and its cookie."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from pyramid_oauth.extensions.session_management.session_state import origin_of
from tests.support.host import CALLBACK, authorize_client
from tests.support.person import LoggedInUser

SPEC = "OpenID Connect Session Management"


@pytest.fixture
def session_provider(new_logout_provider, people):
    return new_logout_provider(
        people=people,
        session_management="true",
        grant_types="authorization_code refresh_token client_credentials implicit",
        response_types="code\nid_token",
    )


@pytest.fixture
def session_user(session_provider):
    return LoggedInUser(session_provider)


def session_state_cookie(user):
    """The cookie that the script of the frame reads."""
    return user.browser.cookies.get("oauth_session_state", "")


def is_valid_state(
    session_state, user, client_id="web", origin="https://client.example"
):
    """Whether the computation of the frame's script agrees."""
    digest, salt = session_state.split(".")
    text = f"{client_id} {origin} {session_state_cookie(user)} {salt}"
    return sha256(text.encode()).hexdigest() == digest


@pytest.mark.spec(SPEC, "2")
@pytest.mark.spec(SPEC, "3.2")
def test_a_code_response_has_the_session_state_of_the_browser(session_user):
    session_user.log_in_at_client()
    state = session_user.answer["session_state"]
    assert " " not in state
    assert is_valid_state(state, session_user)
    assert not is_valid_state(state, session_user, client_id="other")
    assert not is_valid_state(state, session_user, origin="https://client.example:8443")


@pytest.mark.spec(SPEC, "2")
def test_a_fragment_response_has_a_session_state(session_user, session_provider):
    session_provider.update_application(
        authorization_grant_type="authorization_code implicit",
        client_metadata={"response_types": ["id_token"]},
    )
    parameters = {"response_type": "id_token", "nonce": "n", "scope": "openid"}
    answer = authorize_client(
        session_user.browser,
        code_challenge=None,
        code_challenge_method=None,
        **parameters,
    )
    members = parse_qs(urlsplit(answer.location).fragment)
    assert "id_token" in members
    assert is_valid_state(members["session_state"][0], session_user)


@pytest.mark.spec(SPEC, "2")
def test_a_form_post_response_has_a_session_state(session_user):
    session_user.log_in_at_client()
    parameters = {"response_mode": "form_post", "scope": "openid"}
    page = session_user.browser.get("/oauth/authorize", {**REQUEST, **parameters})
    form = page.forms["oauth-form-post"]
    assert form.action == CALLBACK
    assert is_valid_state(form["session_state"].value, session_user)


REQUEST = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": CALLBACK,
    "code_challenge": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "code_challenge_method": "S256",
}


@pytest.mark.spec(SPEC, "2")
@pytest.mark.spec(SPEC, "3.2")
def test_an_error_response_has_a_fresh_session_state(session_provider):
    states = set()
    for _ in range(2):
        parameters = {**REQUEST, "scope": "openid", "prompt": "none"}
        answer = session_provider.browser().get(
            "/oauth/authorize", parameters, status=303
        )
        members = parse_qs(urlsplit(answer.location).query)
        assert members["error"] == ["login_required"]
        states.add(members["session_state"][0])
        assert "oauth_session_state" not in answer.headers.get("Set-Cookie", "")
    assert len(states) == 2


def test_a_response_without_the_scope_openid_has_no_session_state(session_user):
    session_user.log_in_at_client(scope="read")
    assert "session_state" not in session_user.answer


def test_without_session_management_no_session_state_is_sent(new_logout_provider):
    provider = new_logout_provider()
    alice = LoggedInUser(provider)
    alice.log_in_at_client()
    assert "session_state" not in alice.answer
    assert session_state_cookie(alice) == ""
    alice.browser.get("/oauth/check_session", status=404)
    document = alice.browser.get("/oauth/.well-known/openid-configuration").json
    assert "check_session_iframe" not in document


@pytest.mark.spec(SPEC, "3.2")
def test_the_session_state_is_stable_within_a_session(session_user):
    session_user.log_in_at_client()
    before = session_state_cookie(session_user)
    session_user.log_in_at_client("other")
    assert session_state_cookie(session_user) == before != ""


@pytest.mark.spec(SPEC, "3.2")
def test_the_session_state_changes_at_logout_and_at_the_next_login(session_user):
    cookies = [session_state_cookie(session_user)]
    hint = session_user.log_in_at_client()["id_token"]
    cookies.append(session_state_cookie(session_user))
    first = session_user.answer["session_state"]
    session_user.end_session(id_token_hint=hint)
    cookies.append(session_state_cookie(session_user))
    assert not is_valid_state(first, session_user)
    session_user.browser.get("/login?name=alice")
    session_user.log_in_at_client()
    cookies.append(session_state_cookie(session_user))
    assert len(set(cookies)) == 4


@pytest.mark.spec(SPEC, "3.2")
def test_the_session_state_changes_when_another_user_logs_in(session_user):
    session_user.log_in_at_client()
    before = session_state_cookie(session_user)
    session_user.browser.get("/login?name=bob")
    session_user.log_in_at_client()
    assert session_state_cookie(session_user) != before


@pytest.mark.spec(SPEC, "3.2")
def test_the_session_state_cookie_is_readable_by_scripts_in_cross_site_frames(
    session_user,
):
    answer = authorize_client(session_user.browser, scope="openid")
    (cookie,) = [
        value
        for value in answer.headers.getall("Set-Cookie")
        if value.startswith("oauth_session_state=")
    ]
    assert "Secure" in cookie.replace("secure", "Secure")
    assert "SameSite=None" in cookie
    assert "HttpOnly" not in cookie


@pytest.mark.spec(SPEC, "3.3")
def test_the_check_session_page_may_be_framed_and_is_the_same_for_everyone(
    session_provider, session_user
):
    document = (
        session_provider.browser().get("/oauth/.well-known/openid-configuration").json
    )
    url = "https://as.example/oauth/check_session"
    assert document["check_session_iframe"] == url
    page = session_provider.browser().get("/oauth/check_session")
    assert "X-Frame-Options" not in page.headers
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors" not in policy
    assert "default-src 'none'; script-src 'self'" in policy
    assert "Set-Cookie" not in page.headers
    session_user.log_in_at_client()
    assert session_user.browser.get("/oauth/check_session").text == page.text
    headers = {"If-None-Match": page.headers["ETag"]}
    session_user.browser.get("/oauth/check_session", headers=headers, status=304)


@pytest.mark.spec(SPEC, "2")
@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://Client.Example/cb?a=b", "https://client.example"),
        ("https://client.example:443/cb", "https://client.example"),
        ("https://client.example:8443/cb", "https://client.example:8443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("com.example.app:/cb", "null"),
    ],
)
def test_the_origin_of_a_client_is_serialized_as_browsers_do(uri, origin):
    assert origin_of(uri) == origin
