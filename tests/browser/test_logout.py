"""A logout as a browser sees it: clients' frames, the session frame, the way back."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests.browser.test_pages import expect_text, log_in, watched
from tests.support.host import CHALLENGE
from tests.support.models import Application
from tests.support.parties import start_party

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def rp(site, tmp_path):
    """A relying party on another port, by plain http."""
    with urlopen(f"{site}/oauth/jwks", timeout=5) as answer:
        jwks = json.load(answer)
    with start_party(tmp_path, f"{site}/oauth", jwks) as running:
        yield running


@pytest.fixture
def client(ini, rp):
    """Registers the relying party as a client of its own."""
    engine = create_engine(
        f"sqlite:///{ini.parent}/var/development.sqlite", poolclass=NullPool
    )
    name = f"rp{urlsplit(rp.url).port}"
    with Session(engine) as session:
        application = Application(
            client_id=name,
            name="Travel desk",
            redirect_uris=f"{rp.url}/{name}/cb",
            post_logout_redirect_uris=f"{rp.url}/{name}/bye",
            skip_authorization=True,
            client_metadata={
                "frontchannel_logout_uri": f"{rp.url}/{name}/front?mine=1",
                "frontchannel_logout_session_required": True,
                "backchannel_logout_uri": f"{rp.url}/{name}/back",
            },
        )
        application.new_client_secret()
        session.add(application)
        session.commit()
    return name


def sign_in(page, site, rp, client):
    """Log in to the client; returns the members of the answer."""
    log_in(page, site)
    query = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": f"{rp.url}/{client}/cb",
        "scope": "openid",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    page.goto(f"{site}/oauth/authorize?{urlencode(query)}")
    found = parse_qs(urlsplit(page.url).query)
    return {name: value for name, (value,) in found.items()}


def ask_to_log_out(page, site, rp, client):
    query = {
        "client_id": client,
        "post_logout_redirect_uri": f"{rp.url}/{client}/bye",
        "state": "over and out",
    }
    page.goto(f"{site}/oauth/end_session?{urlencode(query)}")
    expect_text(page, "#oauth-logout", "Travel desk asks to log you out.")


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def context(chromium, request):
    made = chromium.new_context(java_script_enabled=request.param)
    yield made
    made.close()


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "2")
@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "3")
def test_the_front_channel_logout_page_is_loaded_and_the_browser_returns(
    context, site, rp, client
):
    page, complaints = watched(context)
    answer = sign_in(page, site, rp, client)
    assert answer["state"] == "s"
    ask_to_log_out(page, site, rp, client)
    page.click("#oauth-logout-confirm")
    page.wait_for_url(f"{rp.url}/{client}/bye?state=over+and+out", timeout=10_000)

    (loaded,) = rp.requests_at("front")
    query = loaded["query"]
    assert query["mine"] == ["1"]
    assert query["iss"] == [f"{site}/oauth"]
    until = time.monotonic() + 60
    while not rp.requests_at("back") and time.monotonic() < until:
        time.sleep(0.1)
    (told,) = rp.requests_at("back")
    assert told["claims"]["sid"] == query["sid"][0]
    assert complaints == []
    page.goto(f"{site}/login")
    assert page.locator("#login").count() == 1


def expect_frame_answer(page, message, answer):
    """Wait until the frame's answer to `message` is this."""
    page.evaluate("message => ask(message)", message)
    expect_text(page, "#answer", answer)


@pytest.mark.spec("OpenID Connect Session Management", "3.1")
@pytest.mark.spec("OpenID Connect Session Management", "3.2")
def test_the_check_session_frame_reports_a_changed_login(chromium, site, rp, client):
    with chromium.new_context() as context:
        page, complaints = watched(context)
        state = sign_in(page, site, rp, client)["session_state"]
        frame = f"{site}/oauth/check_session"
        other = context.new_page()
        other.goto(f"{rp.url}/{client}/check?{urlencode({'frame': frame})}")
        other.frame_locator("#op").locator("html").wait_for(state="attached")

        expect_frame_answer(other, f"{client} {state}", "unchanged")
        expect_frame_answer(other, f"another {state}", "changed")
        expect_frame_answer(other, f"{client} {'0' * 64}.salt", "changed")
        for garbage in ("", "garbage", state, f"{client} {state} ", f"{client} x.y"):
            expect_frame_answer(other, garbage, "error")
        expect_frame_answer(other, {"not": "text"}, "error")
        expect_frame_answer(other, f"{client} {state}", "unchanged")

        ask_to_log_out(page, site, rp, client)
        expect_frame_answer(other, f"{client} {state}", "unchanged")
        page.click("#oauth-logout-confirm")
        page.wait_for_url(f"{rp.url}/**")
        expect_frame_answer(other, f"{client} {state}", "changed")
        assert complaints == []


@pytest.mark.spec("OpenID Connect Session Management", "3.2")
def test_the_check_session_frame_answers_the_requesting_origin_only(
    chromium, site, rp, client, tmp_path
):
    """The same question from another origin is another question."""
    (tmp_path / "other").mkdir()
    # Another port is another origin, but no other site: the cookie is there.
    elsewhere = start_party(tmp_path / "other", f"{site}/oauth", {"keys": []})
    with elsewhere as other, chromium.new_context() as context:
        page = context.new_page()
        state = sign_in(page, site, rp, client)["session_state"]
        query = urlencode({"frame": f"{site}/oauth/check_session"})
        page.goto(f"{other.url}/{client}/check?{query}")
        page.frame_locator("#op").locator("html").wait_for(state="attached")
        expect_frame_answer(page, f"{client} {state}", "changed")


@pytest.mark.spec("OpenID Connect Session Management", "5.1")
@pytest.mark.parametrize(("kept", "answer"), [(False, "changed"), (True, "error")])
def test_the_check_session_frame_reports_an_error_without_access_to_its_cookies(
    chromium, site, rp, client, kept, answer
):
    with chromium.new_context() as context:
        page = context.new_page()
        state = sign_in(page, site, rp, client)["session_state"]
        context.clear_cookies()
        if kept:
            # As browsers do that keep frames of other sites apart.
            denied = "document.hasStorageAccess = () => Promise.resolve(false)"
            context.add_init_script(denied)
        query = urlencode({"frame": f"{site}/oauth/check_session"})
        page.goto(f"{rp.url}/{client}/check?{query}")
        page.frame_locator("#op").locator("html").wait_for(state="attached")
        expect_frame_answer(page, f"{client} {state}", answer)


def test_the_site_s_logout_button_notifies_the_clients(chromium, site, rp, client):
    with chromium.new_context() as context:
        page = context.new_page()
        sign_in(page, site, rp, client)
        page.goto(site)
        page.click("text=Log out")
        page.wait_for_url(f"{site}/")
        assert len(rp.requests_at("front")) == 1
