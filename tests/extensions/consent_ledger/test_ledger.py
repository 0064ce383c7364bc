"""The consent ledger records each decision with what was shown."""

from __future__ import annotations

from threading import Event

import pytest
from pyramid.response import Response
from sqlalchemy.orm import Session

from pyramid_oauth import cleanup
from pyramid_oauth.clock import frozen, now
from pyramid_oauth.extensions.consent_ledger.settings import THREE_YEARS
from pyramid_oauth.purge import Purger
from pyramid_oauth.server import SERVER
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    obtain_tokens,
)
from tests.support.provider import log_in_browser

LOGO = "https://client.example/logo.png"


def include_ledger(config):
    config.include("pyramid_oauth.extensions.connections")
    config.include("pyramid_oauth.extensions.consent_ledger")
    config.add_route("withdraw", "/withdraw")
    config.add_view(
        lambda request: Response(
            json_body=request.oauth.withdraw(
                request.GET.get("client", "web"), request.GET.getall("scope") or None
            )
        ),
        route_name="withdraw",
    )
    config.add_route("ledger", "/ledger")
    config.add_view(read_ledger, route_name="ledger")


def read_ledger(request):
    """Respond with the decisions for the subject or client in the query."""
    try:
        entries = request.oauth.consent_ledger(**request.GET)
    except ValueError as error:
        return Response(str(error), status=400)
    return Response(json_body=[each.decision for each in entries])


@pytest.fixture
def ledger_host(new_host):
    return new_host(include_ledger)


@pytest.fixture
def ledger_browser(ledger_host):
    ledger_host.register_client(client_metadata={"logo_uri": LOGO})
    return log_in_browser(ledger_host)


def read_entries(host):
    """Return the entries, the oldest first."""
    server = host.wsgi.registry[SERVER]
    with Session(host.engine) as session:
        return server.repositories.consent_ledger.entries(session)[::-1]


def list_decisions(host):
    return [each.decision for each in read_entries(host)]


def test_an_approval_is_recorded_as_it_was_shown(ledger_host, ledger_browser):
    with frozen():
        started = now()
        answer = ledger_browser.get("/oauth/authorize", build_authorization_request())
        form = answer.follow().forms["oauth-consent"]
        form["scope"] = []  # `write` is optional
        form.submit("decision", value="allow", status=303)
    (entry,) = read_entries(ledger_host)
    assert entry.decision == "allowed"
    assert (entry.subject, entry.client_id) == ("alice", "web")
    assert (entry.client_name, entry.logo_uri) == ("Web", LOGO)
    assert (entry.redirect_host, entry.language) == ("client.example", "en")
    assert entry.made_at == started
    assert entry.network is None
    assert entry.items == [
        {"kind": "scope", "name": "read", "text": "Read things", "allowed": True},
        {"kind": "scope", "name": "write", "text": "Write things", "allowed": False},
    ]


def test_a_refusal_is_recorded(ledger_host, ledger_browser):
    authorize_client(ledger_browser, "deny")
    (entry,) = read_entries(ledger_host)
    assert entry.decision == "refused"
    assert [item["allowed"] for item in entry.items] == [False, False]


def test_a_withdrawal_is_recorded_with_its_scopes(ledger_host, ledger_browser):
    authorize_client(ledger_browser)
    ledger_host.register_client(client_id="other")
    authorize_client(ledger_browser, client_id="other")
    ledger_browser.get("/withdraw?scope=write")
    ledger_browser.get("/withdraw")
    *_, one, rest = read_entries(ledger_host)
    assert one.decision == rest.decision == "withdrawn"
    assert one.client_id == rest.client_id == "web"
    assert [item["name"] for item in one.items] == ["write"]
    assert [item["name"] for item in rest.items] == ["read"]
    assert rest.items[0]["text"] == "Read things"


def test_a_withdrawal_from_a_client_that_is_gone_is_recorded_without_items(
    ledger_host, ledger_browser
):
    assert ledger_browser.get("/withdraw?client=gone").json == 0
    (entry,) = read_entries(ledger_host)
    assert (entry.client_id, entry.client_name, entry.items) == ("gone", "gone", [])


def test_a_remembered_consent_adds_no_entry(ledger_host, ledger_browser):
    authorize_client(ledger_browser)
    statements = ledger_host.record_statements()
    authorize_client(ledger_browser)
    assert not [each for each in statements if "consent_ledger" in each]
    assert list_decisions(ledger_host) == ["allowed"]


def test_a_setting_records_remembered_consents_too(new_host):
    host = new_host(include_ledger, consent_ledger_remembered=True)
    host.register_client()
    browser = log_in_browser(host)
    authorize_client(browser)
    authorize_client(browser)
    assert list_decisions(host) == ["allowed", "remembered"]


def test_a_setting_records_the_network_of_the_browser(new_host):
    host = new_host(include_ledger, consent_ledger_networks=True)
    host.register_client()
    browser = log_in_browser(host)
    for address in ("198.51.100.77", "2001:db8:1:2::3", "unix:"):
        browser.extra_environ["REMOTE_ADDR"] = address
        authorize_client(browser, approval_prompt="force")
    networks = [each.network for each in read_entries(host)]
    assert networks == ["198.51.100.0/24", "2001:db8:1::/48", None]


def test_a_setting_switches_the_ledger_off(new_host):
    host = new_host(include_ledger, consent_ledger=False)
    host.register_client()
    authorize_client(log_in_browser(host))
    assert list_decisions(host) == []


def test_a_decision_costs_one_insert(ledger_host, ledger_browser):
    statements = ledger_host.record_statements()
    authorize_client(ledger_browser)
    ledgers = [each for each in statements if "consent_ledger" in each]
    assert len(ledgers) == 1
    assert ledgers[0].startswith("INSERT")


def test_entries_are_never_changed(ledger_host, ledger_browser):
    authorize_client(ledger_browser)
    with Session(ledger_host.engine) as session:
        entry = session.query(ledger_host.models.ConsentLedgerEntry).one()
        entry.decision = "refused"
        with pytest.raises(TypeError, match="never changed"):
            session.commit()
        session.rollback()
        session.delete(entry)
        with pytest.raises(TypeError, match="never changed"):
            session.commit()


def test_entries_outlast_the_client_and_are_purged_by_age(ledger_host, ledger_browser):
    purger = Purger(ledger_host.wsgi.registry, interval=60)
    with frozen() as clock:
        authorize_client(ledger_browser)
        with Session(ledger_host.engine) as session:
            cleanup.delete_applications(session, ledger_host.models, ["web"])
            session.commit()
        clock.advance(THREE_YEARS - 60)
        purger.purge_once(Event())
        assert list_decisions(ledger_host) == ["allowed"]
        clock.advance(120)
        purger.purge_once(Event())
        assert list_decisions(ledger_host) == []


def test_the_facade_lists_decisions_of_a_user_or_about_a_client(
    ledger_host, ledger_browser
):
    authorize_client(ledger_browser)
    authorize_client(log_in_browser(ledger_host, "bob"), "deny")
    assert ledger_browser.get("/ledger?subject=bob").json == ["refused"]
    assert ledger_browser.get("/ledger?client_id=web").json == ["refused", "allowed"]
    both = {"subject": "alice", "client_id": "other"}
    assert ledger_browser.get("/ledger", both).json == []
    assert "name a subject" in ledger_browser.get("/ledger", status=400).text


def test_users_see_their_own_decisions_on_the_page(ledger_host, ledger_browser):
    authorize_client(ledger_browser)
    authorize_client(log_in_browser(ledger_host, "bob"), "deny")
    history = ledger_browser.get("/oauth/connections").html.find(id="oauth-history")
    (decision,) = history.select("[data-decision]")
    assert "You allowed" in decision.text
    assert "Read things" in history.text
    other = log_in_browser(ledger_host, "carol").get("/oauth/connections")
    assert other.html.find(id="oauth-history") is None


def test_without_the_extension_there_is_no_ledger(host):
    obtain_tokens(host, host.register_client())
    assert "ConsentLedgerEntry" not in host.models
