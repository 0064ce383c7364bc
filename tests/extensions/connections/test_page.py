"""The page on which users see and withdraw the access of applications."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import frozen
from pyramid_oauth.events import ConsentWithdrawn
from pyramid_oauth.models.application import REGISTRATION
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_query,
    parse_redirect,
    refresh_tokens,
)
from tests.support.provider import log_in_browser

PAGE = "/oauth/connections"


@pytest.fixture
def withdrawal_events(notified):
    """The events of withdrawn consents."""
    return notified


@pytest.fixture
def connections_host(new_host, withdrawal_events):
    """A host that includes the page."""

    def configure(config):
        config.include("pyramid_oauth.extensions.connections")
        config.add_subscriber(withdrawal_events.append, ConsentWithdrawn)

    return new_host(configure)


@pytest.fixture
def connections_client(connections_host):
    """The credentials of a client of that host."""
    return connections_host.register_client()


@pytest.fixture
def alice_browser(connections_host):
    return log_in_browser(connections_host)


def open_page(browser):
    return browser.get(PAGE, status=200)


def find_names(page):
    """The names of the listed applications, in their order."""
    return [heading.text for heading in page.html.find_all("h2")]


def find_scopes(page):
    return [code.text for code in page.html.select(".connection code")]


def withdraw(page, index=0, scope=None):
    """Press a button of the form `index`: that of one scope, or that of all."""
    form = page.forms[index]
    name, value = ("decision", "withdraw") if scope is None else ("scope", scope)
    return form.submit(name, value=value, status=303).follow(status=200)


def needs_consent(browser, **changes):
    """Whether the consent page is shown."""
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    return "/authorize/" in answer.location


def test_an_application_is_listed_with_destination_scopes_and_dates(
    connections_host, connections_client, alice_browser
):
    with frozen(datetime(2026, 5, 4, 10, 30, tzinfo=UTC)):
        obtain_tokens(connections_host, connections_client)
        page = open_page(log_in_browser(connections_host))
    assert find_names(page) == ["Web"]
    assert "client.example" in page.html.select_one(".connection .fine").text
    assert find_scopes(page) == ["read", "write"]
    assert "Read things" in page.text
    assert "Allowed on 2026-05-04" in page.text
    assert "last used 2026-05-04 10:30 UTC" in page.text
    assert "not verified" not in page.text


def test_users_see_their_own_applications_only(connections_host, connections_client):
    obtain_tokens(connections_host, connections_client)
    page = open_page(log_in_browser(connections_host, "bob"))
    assert page.html.find(id="oauth-no-connections")
    assert find_names(page) == []


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_client_that_registered_itself_is_not_verified(new_host):
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.connections"),
        registration="open",
    )
    obtain_tokens(host, host.register_client(source=REGISTRATION))
    page = open_page(log_in_browser(host))
    assert "not verified" in page.html.select_one(".connection .fine").text


def test_a_consent_is_listed_when_its_tokens_have_expired(
    connections_host, connections_client
):
    with frozen() as clock:
        obtain_tokens(connections_host, connections_client)
        clock.advance(10 * 366 * 86400)
        assert find_names(open_page(log_in_browser(connections_host))) == ["Web"]


def test_ending_the_access_ends_consent_tokens_and_codes(
    connections_host, connections_client, alice_browser, withdrawal_events
):
    tokens = obtain_tokens(connections_host, connections_client)
    request = build_authorization_request()
    code = parse_redirect(alice_browser.get("/oauth/authorize", request))["code"]
    page = withdraw(open_page(alice_browser))
    assert "Web has no access any more" in page.html.find(id="oauth-withdrawn").text
    assert find_names(page) == []
    assert call_api(connections_host, tokens["access_token"]) == 401
    refused = refresh_tokens(
        connections_host, connections_client, tokens["refresh_token"]
    )
    assert refused.json["error"] == "invalid_grant"
    exchange = build_code_exchange(code, connections_client)
    assert alice_browser.post("/oauth/token", exchange, status=400)
    assert needs_consent(alice_browser)
    (event,) = withdrawal_events
    assert (event.user_id, event.client_id, event.scopes) == ("alice", "web", ())


def test_one_scope_is_withdrawn_and_the_rest_stays(
    connections_host, connections_client, alice_browser, withdrawal_events
):
    obtain_tokens(connections_host, connections_client)
    narrow_tokens = obtain_tokens(connections_host, connections_client, scope="read")
    page = withdraw(open_page(alice_browser), scope="write")
    assert "keeps what is listed" in page.html.find(id="oauth-withdrawn").text
    assert find_scopes(page) == ["read"]
    assert call_api(connections_host, narrow_tokens["access_token"]) == 200
    assert not needs_consent(alice_browser, scope="read")
    assert needs_consent(alice_browser, scope="read write")
    assert [event.scopes for event in withdrawal_events] == [("write",)]


def test_the_access_of_one_of_several_applications_is_ended(
    connections_host, connections_client, alice_browser
):
    connections_host.register_client(client_id="other", name="Other")
    with frozen() as clock:
        authorize_client(alice_browser, client_id="other")
        clock.advance(1)
        authorize_client(alice_browser)
        page = open_page(alice_browser)
        assert find_names(page) == ["Web", "Other"]
        assert find_names(withdraw(page, index=1)) == ["Web"]


def test_the_page_asks_to_log_in_first(connections_host):
    for response in (
        connections_host.browser().get(PAGE, status=303),
        connections_host.browser().post(PAGE, {"client_id": "web"}, status=303),
    ):
        assert parse_query(response.location)["next"] == PAGE


def test_a_form_without_its_token_withdraws_nothing(
    connections_host, connections_client, alice_browser
):
    obtain_tokens(connections_host, connections_client)
    alice_browser.post(PAGE, {"client_id": "web"}, status=403)
    assert find_names(open_page(alice_browser)) == ["Web"]


def test_a_form_without_a_client_is_an_error(
    connections_host, connections_client, alice_browser
):
    obtain_tokens(connections_host, connections_client)
    form = open_page(alice_browser).forms[0]
    for client_id in ("", "\x00"):
        form["client_id"].force_value(client_id)
        form.submit(status=400)
    assert find_names(open_page(alice_browser)) == ["Web"]


def test_only_forms_and_reads_are_allowed(alice_browser):
    response = alice_browser.put(PAGE, status=405)
    assert response.headers["Allow"] == "GET, HEAD, POST"


def test_the_page_is_never_cached_or_framed(alice_browser):
    response = open_page(alice_browser)
    assert response.headers["Cache-Control"] == "no-store"
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy


def test_what_else_is_allowed_is_listed(
    connections_host, connections_client, alice_browser
):
    obtain_tokens(connections_host, connections_client)
    with Session(connections_host.engine) as session:
        consent = session.query(connections_host.models.Consent).one()
        consent.details = {
            "album": {"summer": None},
            "client_identity": {"name": ""},
            "resource": {"https://photos.example/": ["read", "write"]},
        }
        grant = session.query(connections_host.models.Grant).one()
        grant.resource = "https://photos.example/"
        session.commit()
    page = open_page(alice_browser)
    assert page.html.select_one("[data-kind=album] code").text == "summer"
    assert "client_identity" not in page.text
    assert "https://photos.example/" in page.text


def test_names_of_applications_are_no_markup(
    connections_host, connections_client, alice_browser
):
    obtain_tokens(connections_host, connections_client)
    connections_host.update_application(name="<b>Web</b>")
    assert find_names(open_page(alice_browser)) == ["<b>Web</b>"]


def test_a_host_without_the_page_has_none(host):
    host.browser().get(PAGE, status=404)


def test_a_long_list_is_shown_in_pages(connections_host, alice_browser):
    names = [f"Web {number:02}" for number in range(22)]
    start = datetime(2026, 5, 4, tzinfo=UTC)
    for number, name in enumerate(names):
        client = connections_host.register_client(client_id=f"c{number}", name=name)
        with frozen(start.replace(minute=number)):
            obtain_tokens(connections_host, client, client_id=f"c{number}")
    first = open_page(alice_browser)
    assert find_names(first) == names[:1:-1]
    assert first.html.find(id="oauth-previous") is None
    second = alice_browser.get(first.html.find(id="oauth-next")["href"], status=200)
    assert find_names(second) == ["Web 01", "Web 00"]
    assert second.html.find(id="oauth-next") is None
    assert second.html.find(id="oauth-previous")["href"].endswith("page=0")
    # Withdrawing stays on the page; a page past the end is the last one.
    assert find_names(withdraw(second)) == ["Web 00"]
    assert find_names(alice_browser.get(f"{PAGE}?page=99999")) == ["Web 00"]
    assert find_names(alice_browser.get(f"{PAGE}?page=x")) == names[:1:-1]
