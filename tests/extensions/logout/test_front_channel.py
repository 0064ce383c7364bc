"""The clients' pages that a browser loads after a logout (OpenID Front-Channel Logout).

`tests/chromium/test_logout.py` has a browser do it.
"""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.support.host import parse_query
from tests.support.person import LoggedInUser
from tests.support.provider import OTHER_POST_LOGOUT_URI, POST_LOGOUT_URI

SPEC = "OpenID Connect Front-Channel Logout"
WEB_LOGOUT_URI = "https://client.example/out?lang=en"
OTHER_LOGOUT_URI = "https://other.example:8443/out"


@pytest.fixture
def front_channel_provider(new_logout_provider):
    provider = new_logout_provider(frontchannel_logout="true")
    provider.set_client_metadata(
        frontchannel_logout_uri=WEB_LOGOUT_URI,
        frontchannel_logout_session_required=True,
    )
    provider.set_client_metadata("other", frontchannel_logout_uri=OTHER_LOGOUT_URI)
    return provider


@pytest.fixture
def front_channel_user(front_channel_provider):
    return LoggedInUser(front_channel_provider)


@pytest.fixture
def logout_page(front_channel_user):
    """The page after a logout from both clients."""
    front_channel_user.hint = front_channel_user.log_in_at_client()["id_token"]
    front_channel_user.log_in_at_client("other")
    return front_channel_user.end_session(
        id_token_hint=front_channel_user.hint,
        post_logout_redirect_uri=POST_LOGOUT_URI,
        state="a b",
    )


def frame_sources(page):
    iframes = BeautifulSoup(page.text, "html.parser").find_all("iframe")
    return [frame["src"] for frame in iframes]


def content_security_policy(page):
    """The Content-Security-Policy by directive."""
    parts = page.headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


@pytest.mark.spec(SPEC, "3")
def test_the_logout_page_of_every_client_of_the_session_is_loaded(
    logout_page, front_channel_provider, front_channel_user
):
    with_sid, plain = sorted(frame_sources(logout_page))
    assert plain == OTHER_LOGOUT_URI
    assert with_sid.startswith(f"{WEB_LOGOUT_URI}&")
    parameters = parse_query(with_sid)
    assert parameters == {
        "lang": "en",
        "iss": "https://as.example/oauth",
        "sid": front_channel_provider.verify_id_token(front_channel_user.hint)["sid"],
    }


@pytest.mark.spec(SPEC, "3")
def test_the_content_security_policy_allows_frames_of_these_origins_only(logout_page):
    sources = content_security_policy(logout_page)
    assert set(sources["frame-src"].split()) == {
        "https://client.example",
        "https://other.example:8443",
    }
    assert sources["script-src"] == "'self'"
    assert sources["frame-ancestors"] == "'none'"


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "3")
def test_the_browser_continues_with_and_without_script(logout_page):
    document = BeautifulSoup(logout_page.text, "html.parser")
    target = f"{POST_LOGOUT_URI}?state=a+b"
    assert document.find(id="oauth-continue")["href"] == target
    refresh = document.find("meta", {"http-equiv": "refresh"})
    assert refresh["content"] == f"5; url={target}"
    # With both, the browser would load the client's page twice.
    assert refresh.parent.name == "noscript"
    (script,) = document.find_all("script")
    assert script["src"].endswith("/logged_out.js")
    assert script.text == ""


def test_without_a_redirect_uri_the_frames_are_on_the_final_page(front_channel_user):
    hint = front_channel_user.log_in_at_client()["id_token"]
    page = front_channel_user.end_session(id_token_hint=hint)
    assert len(frame_sources(page)) == 1
    assert "refresh" not in page.text
    assert "<script" not in page.text


def test_clients_of_another_session_are_not_loaded(
    front_channel_user, front_channel_provider
):
    LoggedInUser(front_channel_provider, "bob").log_in_at_client("other")
    hint = front_channel_user.log_in_at_client()["id_token"]
    assert len(frame_sources(front_channel_user.end_session(id_token_hint=hint))) == 1


def test_without_front_channel_clients_the_browser_is_redirected_at_once(
    front_channel_provider,
):
    front_channel_provider.set_client_metadata()
    alice = LoggedInUser(front_channel_provider)
    hint = alice.log_in_at_client()["id_token"]
    answer = alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.location == POST_LOGOUT_URI


def test_without_front_channel_logout_no_frame_is_loaded(new_logout_provider):
    provider = new_logout_provider()
    provider.set_client_metadata("other", frontchannel_logout_uri=OTHER_LOGOUT_URI)
    alice = LoggedInUser(provider)
    hint = alice.log_in_at_client("other")["id_token"]
    answer = alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=OTHER_POST_LOGOUT_URI
    )
    assert answer.location == OTHER_POST_LOGOUT_URI


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://client.example;script-src/out",
        "https://*/out",
        "https://user@client.example/out",
        "https://client.example/out\r\nX: y",
        "https:///out",
        ["https://client.example/out"],
        7,
    ],
    ids=str,
)
def test_a_stored_unsafe_logout_uri_is_not_loaded(front_channel_provider, uri):
    front_channel_provider.set_client_metadata(frontchannel_logout_uri=uri)
    alice = LoggedInUser(front_channel_provider)
    hint = alice.log_in_at_client()["id_token"]
    page = alice.end_session(id_token_hint=hint)
    assert page.status_int == 200
    assert frame_sources(page) == []
    assert "frame-src" not in content_security_policy(page)


@pytest.mark.spec(SPEC, "3")
def test_the_metadata_advertises_front_channel_logout(front_channel_provider):
    document = front_channel_provider.discovery()
    assert document["frontchannel_logout_supported"] is True
    assert document["frontchannel_logout_session_supported"] is True


def test_request_oauth_log_out_loads_the_same_frames(new_logout_provider):
    def configure(config):
        config.add_route("leave", "/leave")
        config.add_view(
            lambda request: request.oauth.log_out("/bye"), route_name="leave"
        )

    provider = new_logout_provider(configure, frontchannel_logout="true")
    provider.set_client_metadata("other", frontchannel_logout_uri=OTHER_LOGOUT_URI)
    alice = LoggedInUser(provider)
    alice.log_in_at_client("other")
    page = alice.browser.get("/leave")
    assert frame_sources(page) == [OTHER_LOGOUT_URI]
    assert BeautifulSoup(page.text, "html.parser").find(id="oauth-continue")[
        "href"
    ] == ("/bye")
    assert alice.name == "nobody"
    assert alice.browser.get("/leave", status=303).location.endswith("/bye")
