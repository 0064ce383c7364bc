"""Logout in a browser: frames of clients, the session frame, the redirect."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests.chromium.test_pages import expect_text, log_in, open_watched_page
from tests.support.host import CHALLENGE
from tests.support.models import Application
from tests.support.parties import start_relying_party

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def rp(origin, tmp_path):
    """A relying party on another port, by plain http."""
    with urlopen(f"{origin}/oauth/jwks", timeout=5) as answer:
        jwks = json.load(answer)
    with start_relying_party(tmp_path, f"{origin}/oauth", jwks) as running:
        yield running


@pytest.fixture
def rp_client_id(served_ini, rp):
    """Register the relying party as a client; returns its client ID."""
    engine = create_engine(
        f"sqlite:///{served_ini.parent}/var/development.sqlite", poolclass=NullPool
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


def log_in_at_client(page, site, rp, client):
    """Log in to the client; returns the parameters of the response."""
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
    parameters = parse_qs(urlsplit(page.url).query)
    return {name: value for name, (value,) in parameters.items()}


def request_logout(page, site, rp, client):
    query = {
        "client_id": client,
        "post_logout_redirect_uri": f"{rp.url}/{client}/bye",
        "state": "over and out",
    }
    page.goto(f"{site}/oauth/end_session?{urlencode(query)}")
    expect_text(page, "#oauth-logout", "Travel desk asks to log you out.")


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "2")
@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "3")
def test_the_front_channel_logout_page_is_loaded_and_the_browser_returns(
    either_context, origin, rp, rp_client_id
):
    page, console_errors = open_watched_page(either_context)
    answer = log_in_at_client(page, origin, rp, rp_client_id)
    assert answer["state"] == "s"
    request_logout(page, origin, rp, rp_client_id)
    page.click("#oauth-logout-confirm")
    page.wait_for_url(f"{rp.url}/{rp_client_id}/bye?state=over+and+out", timeout=10_000)

    (front_request,) = rp.requests_at("front")
    query = front_request["query"]
    assert query["mine"] == ["1"]
    assert query["iss"] == [f"{origin}/oauth"]
    deadline = time.monotonic() + 60
    while not rp.requests_at("back") and time.monotonic() < deadline:
        time.sleep(0.1)
    (back_request,) = rp.requests_at("back")
    assert back_request["claims"]["sid"] == query["sid"][0]
    assert console_errors == []
    page.goto(f"{origin}/login")
    assert page.locator("#login").count() == 1


def expect_frame_answer(page, message, answer):
    """Wait until the frame answers `message` with `answer`."""
    page.evaluate("message => ask(message)", message)
    expect_text(page, "#answer", answer)


@pytest.mark.spec("OpenID Connect Session Management", "3.1")
@pytest.mark.spec("OpenID Connect Session Management", "3.2")
def test_the_check_session_frame_reports_a_changed_login(
    chromium, origin, rp, rp_client_id
):
    with chromium.new_context() as context:
        page, console_errors = open_watched_page(context)
        state = log_in_at_client(page, origin, rp, rp_client_id)["session_state"]
        frame = f"{origin}/oauth/check_session"
        other = context.new_page()
        other.goto(f"{rp.url}/{rp_client_id}/check?{urlencode({'frame': frame})}")
        other.frame_locator("#op").locator("html").wait_for(state="attached")

        expect_frame_answer(other, f"{rp_client_id} {state}", "unchanged")
        expect_frame_answer(other, f"another {state}", "changed")
        expect_frame_answer(other, f"{rp_client_id} {'0' * 64}.salt", "changed")
        for garbage in (
            "",
            "garbage",
            state,
            f"{rp_client_id} {state} ",
            f"{rp_client_id} x.y",
        ):
            expect_frame_answer(other, garbage, "error")
        expect_frame_answer(other, {"not": "text"}, "error")
        expect_frame_answer(other, f"{rp_client_id} {state}", "unchanged")

        request_logout(page, origin, rp, rp_client_id)
        expect_frame_answer(other, f"{rp_client_id} {state}", "unchanged")
        page.click("#oauth-logout-confirm")
        page.wait_for_url(f"{rp.url}/**")
        expect_frame_answer(other, f"{rp_client_id} {state}", "changed")
        assert console_errors == []


@pytest.mark.spec("OpenID Connect Session Management", "3.2")
def test_the_check_session_frame_answers_the_requesting_origin_only(
    chromium, origin, rp, rp_client_id, tmp_path
):
    """The session state depends on the requesting origin."""
    (tmp_path / "other").mkdir()
    # Another port is another origin on the same site: the cookie is sent.
    other_party = start_relying_party(
        tmp_path / "other", f"{origin}/oauth", {"keys": []}
    )
    with other_party as other, chromium.new_context() as context:
        page = context.new_page()
        state = log_in_at_client(page, origin, rp, rp_client_id)["session_state"]
        query = urlencode({"frame": f"{origin}/oauth/check_session"})
        page.goto(f"{other.url}/{rp_client_id}/check?{query}")
        page.frame_locator("#op").locator("html").wait_for(state="attached")
        expect_frame_answer(page, f"{rp_client_id} {state}", "changed")


@pytest.mark.spec("OpenID Connect Session Management", "5.1")
@pytest.mark.parametrize(
    ("is_partitioned", "answer"),
    [(False, "changed"), (True, "error")],
    ids=["no-cookie", "partitioned"],
)
def test_the_check_session_frame_reports_an_error_without_access_to_its_cookies(
    chromium, origin, rp, rp_client_id, is_partitioned, answer
):
    with chromium.new_context() as context:
        page = context.new_page()
        state = log_in_at_client(page, origin, rp, rp_client_id)["session_state"]
        context.clear_cookies()
        if is_partitioned:
            # As in browsers that partition the storage of cross-site frames.
            denied = "document.hasStorageAccess = () => Promise.resolve(false)"
            context.add_init_script(denied)
        query = urlencode({"frame": f"{origin}/oauth/check_session"})
        page.goto(f"{rp.url}/{rp_client_id}/check?{query}")
        page.frame_locator("#op").locator("html").wait_for(state="attached")
        expect_frame_answer(page, f"{rp_client_id} {state}", answer)


def test_the_logout_button_of_the_site_notifies_the_clients(
    chromium, origin, rp, rp_client_id
):
    with chromium.new_context() as context:
        page = context.new_page()
        log_in_at_client(page, origin, rp, rp_client_id)
        page.goto(origin)
        page.click("text=Log out")
        page.wait_for_url(f"{origin}/")
        assert len(rp.requests_at("front")) == 1
