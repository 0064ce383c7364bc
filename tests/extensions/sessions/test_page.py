"""The page on which users see where they are logged in, and log out elsewhere.

The host stores its login sessions as `docs/examples/login_sessions.py` does.
"""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.errors import ConfigurationError
from tests.support.documented import login_sessions
from tests.support.host import call_api, parse_query
from tests.support.person import LoggedInUser

PAGE = "/oauth/sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
BACK_CHANNEL_URI = "https://client.example/bc"


@pytest.fixture
def sessions_provider(new_logout_provider):
    """A provider that includes the page."""
    site = login_sessions()

    def configure(config):
        config.include(site)

    provider = new_logout_provider(
        configure, people=site.SiteAccounts, backchannel_logout="true"
    )
    site.Base.metadata.create_all(provider.engine)
    provider.set_client_metadata(backchannel_logout_uri=BACK_CHANNEL_URI)
    return provider


def enter(provider, name="alice", user_agent=FIREFOX):
    """Return a browser with a logged-in user."""
    browser = provider.browser()
    browser.extra_environ["HTTP_USER_AGENT"] = user_agent
    browser.get("/site-login", {"name": name})
    return browser


def find_sessions(browser):
    """Return the texts of the listed sessions in their order."""
    page = browser.get(PAGE, status=200)
    return [
        form.get_text(" ", strip=True)
        for form in page.html.select("form.connection")[:-1]
    ]


def press(browser, label, status=303):
    """Press the first button with this label."""
    page = browser.get(PAGE, status=200)
    for form in page.forms.values():
        for button in page.html.find_all("button", string=label):
            if f'value="{button["value"]}"' in form.text:
                return form.submit("end", value=button["value"], status=status)
    raise AssertionError(f"no button {label!r}")


def post(browser, end, status):
    """Send the form with a value that no button has."""
    token = browser.get(PAGE).forms[0]["csrf_token"].value
    return browser.post(PAGE, {"csrf_token": token, "end": end}, status=status)


def is_logged_in(browser):
    return browser.get(PAGE, status="*").status_int == 200


def test_sessions_are_listed_in_words_with_this_browser_marked(sessions_provider):
    enter(sessions_provider, user_agent=IPHONE)
    enter(sessions_provider, "bob")
    enter(sessions_provider, user_agent="<b>tool</b>/1")
    laptop = enter(sessions_provider)
    here, tool, phone = find_sessions(laptop)
    assert here.startswith("Firefox on Linux this browser Logged in 2")
    assert tool.startswith("<b>tool</b>/1 Logged in")
    assert phone.startswith("Safari on iPhone Logged in")


def test_ending_one_session_leaves_the_others(sessions_provider):
    phone, laptop = enter(sessions_provider), enter(sessions_provider)
    page = press(laptop, "End this session").follow()
    assert "One session is ended" in page.html.find(id="oauth-ended").text
    assert is_logged_in(laptop)
    assert not is_logged_in(phone)


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.7")
def test_ending_a_session_ends_its_tokens_and_tells_its_clients(sessions_provider):
    phone = LoggedInUser(sessions_provider)
    phone.browser.get("/site-login", {"name": "alice"})
    token = phone.log_in_at_client()["access_token"]
    press(enter(sessions_provider), "Log out everywhere else")
    assert call_api(sessions_provider, token) == 401
    with Session(sessions_provider.engine) as session:
        (message,) = session.query(sessions_provider.models.OutboxMessage)
    assert message.destination == BACK_CHANNEL_URI


def test_everywhere_else_and_everywhere_differ_in_this_browser(sessions_provider):
    others = [enter(sessions_provider), enter(sessions_provider)]
    stranger, laptop = enter(sessions_provider, "bob"), enter(sessions_provider)
    press(laptop, "Log out everywhere else")
    assert [is_logged_in(each) for each in (*others, laptop)] == [False, False, True]
    phone = enter(sessions_provider)
    answer = press(laptop, "Log out everywhere")
    assert answer.location.startswith("/login?")
    assert [is_logged_in(each) for each in (phone, laptop, stranger)] == [
        False,
        False,
        True,
    ]


def test_the_session_of_this_browser_ends_as_at_a_logout(sessions_provider):
    phone, laptop = enter(sessions_provider), enter(sessions_provider)
    press(laptop, "Log out here")
    assert not is_logged_in(laptop)
    assert is_logged_in(phone)


def test_the_session_of_another_user_cannot_be_ended(sessions_provider):
    bob, alice = enter(sessions_provider, "bob"), enter(sessions_provider)
    key = bob.get(PAGE).html.find("button", {"name": "end"})["value"]
    page = post(alice, key, 303).follow()
    assert "had ended before" in page.html.find(id="oauth-ended").text
    assert is_logged_in(bob)


def test_a_form_without_its_token_or_a_session_ends_nothing(sessions_provider):
    phone, laptop = enter(sessions_provider), enter(sessions_provider)
    laptop.post(PAGE, {"end": "all"}, status=403)
    for value in ("", "\x00"):
        post(laptop, value, 400)
    assert is_logged_in(laptop)
    assert is_logged_in(phone)


def test_the_page_asks_to_log_in_and_allows_forms_and_reads_only(sessions_provider):
    stranger = sessions_provider.browser()
    for response in (
        stranger.get(PAGE, status=303),
        stranger.post(PAGE, {"end": "all"}, status=303),
    ):
        assert parse_query(response.location)["next"] == PAGE
    response = stranger.put(PAGE, status=405)
    assert response.headers["Allow"] == "GET, HEAD, POST"


def test_a_host_that_stores_no_sessions_does_not_start_with_the_page(new_host):
    with pytest.raises(ConfigurationError, match="set_oauth_login_sessions"):
        new_host(lambda config: config.include("pyramid_oauth.extensions.sessions"))


def test_many_sessions_are_shown_in_pages_with_this_browser_first(sessions_provider):
    here = enter(sessions_provider)
    for _ in range(21):
        enter(sessions_provider, user_agent=IPHONE)
    first = here.get(PAGE, status=200)
    assert "this browser" in find_sessions(here)[0]
    assert len(find_sessions(here)) == 20
    second = here.get(first.html.find(id="oauth-next")["href"], status=200)
    assert len(second.html.select("form.connection")[:-1]) == 2
    assert "this browser" not in second.text
    assert second.html.find(id="oauth-next") is None
