"""Each security event is one row of the audit log, without a credential."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pyramid.scripting import prepare
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.events import notify
from pyramid_oauth.extensions.audit.recorder import EVENTS
from pyramid_oauth.purge import purge_application
from pyramid_oauth.transactions import unit_of_work
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
)
from tests.support.provider import log_in_browser


@pytest.fixture
def audited_host(new_host):
    """A host that includes the audit log, with the client `web`."""
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.audit"),
        client_auth_attempts=2,
    )
    host.web = host.register_client()
    return host


def read_log(host):
    """Return the entries of the audit log, the oldest first."""
    model = host.models.AuditEntry
    with Session(host.engine) as session:
        return session.query(model).order_by(model.id).all()


def summarize(host):
    return [(each.event, each.outcome) for each in read_log(host)]


def test_a_consent_is_an_entry_with_user_client_and_scopes(audited_host):
    authorize_client(log_in_browser(audited_host))
    (entry,) = read_log(audited_host)
    assert (entry.event, entry.outcome) == ("ConsentGiven", "success")
    assert (entry.subject, entry.client_id, entry.actor) == ("alice", "web", None)
    assert sorted(entry.details["scopes"]) == ["read", "write"]


def test_issued_tokens_are_no_entries(audited_host):
    obtain_tokens(audited_host, audited_host.web)
    assert summarize(audited_host) == [("ConsentGiven", "success")]


def test_a_replayed_code_is_a_failure_and_no_entry_has_a_credential(audited_host):
    with clock.frozen() as time:
        browser = log_in_browser(audited_host)
        code = parse_redirect(authorize_client(browser))["code"]
        form = build_code_exchange(code, audited_host.web)
        token = browser.post("/oauth/token", form).json["access_token"]
        time.advance(60)
        browser.post("/oauth/token", form, status=400)
    assert call_api(audited_host, token) == 401
    assert summarize(audited_host)[1:] == [
        ("CredentialReplayed", "failure"),
        ("GrantRevoked", "success"),
    ]
    for entry in read_log(audited_host):
        text = repr(vars(entry))
        assert code not in text
        assert token not in text
        assert audited_host.web["client_secret"] not in text


def fail_authentication(host, times):
    browser = host.browser()
    browser.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    form = {"grant_type": "client_credentials", "client_id": "web"}
    for _ in range(times):
        browser.post("/oauth/token", {**form, "client_secret": "x"}, status="4*")


def test_guessed_secrets_are_entries_and_a_throttled_source_is_only_one(audited_host):
    fail_authentication(audited_host, 5)
    assert summarize(audited_host) == [
        ("ClientAuthenticationFailed", "failure"),
        ("ClientAuthenticationFailed", "failure"),
        ("RequestThrottled", "failure"),
    ]
    assert {entry.address for entry in read_log(audited_host)} == {"192.0.2.7"}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_each_recorded_event_can_be_stored(audited_host, event):
    values = {
        "grant_id": uuid4(),
        "former_expires_at": datetime(2026, 1, 2, tzinfo=UTC),
        "scopes": ("read",),
        "client_ids": ("web",),
    }
    named = {
        each.name: values[each.name] for each in fields(event) if each.name in values
    }
    with unit_of_work(audited_host.wsgi.registry) as request:
        notify(event(request=request, user_id="a\x00", **named))
    (entry,) = read_log(audited_host)
    assert entry.event == event.__name__
    assert set(named) <= set(entry.details or {})


def test_a_client_id_that_cannot_be_stored_is_no_error(audited_host):
    form = {"grant_type": "client_credentials", "client_secret": "x"}
    client_id = "x" * 300
    audited_host.browser().post(
        "/oauth/token", {**form, "client_id": client_id}, status="4*"
    )
    assert all(len(each.client_id) == 255 for each in read_log(audited_host))


def run_purge(host):
    with prepare(registry=host.wsgi.registry) as environment:
        list(purge_application(environment["request"], 100))


def test_old_entries_are_purged(new_host):
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.audit"),
        audit_lifetime=86400,
    )
    host.register_client()
    with clock.frozen() as time:
        authorize_client(log_in_browser(host))
        time.advance(timedelta(days=1).total_seconds() - 60)
        run_purge(host)
        assert host.count("AuditEntry") == 1
        time.advance(3600)
        run_purge(host)
        assert host.count("AuditEntry") == 0


def test_a_host_without_the_extension_has_no_table(host):
    assert "AuditEntry" not in host.models
