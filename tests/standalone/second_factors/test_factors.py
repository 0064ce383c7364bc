"""A user lists, adds and removes second factors."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import text

from pyramid_oauth.clock import frozen
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.standalone.accounts import second_step
from pyramid_oauth.standalone.accounts.relying_party import RelyingParty
from tests.standalone.conftest import SITE, log_in
from tests.standalone.second_factors.conftest import (
    add_app,
    add_passkey,
    code_of,
    is_logged_in,
    new_browser,
    on_each_engine,
    parse_location,
    read_options,
    read_secret,
    send_code,
    send_passkey,
    start_login,
)
from tests.support.authenticator import Authenticator


def remove(site, button):
    form = next(
        form for form in site.get("/two-step").forms.values() if button in form.text
    )
    return form.submit("factor")


def shown(site):
    return [
        heading.get_text(strip=True)
        for heading in site.get("/two-step")
        .html.find(id="two-step-list")
        .find_all("h2")
    ]


def test_the_page_lists_the_factors(two_step_site, authenticator):
    log_in(two_step_site)
    assert shown(two_step_site) == []
    add_app(two_step_site)
    add_passkey(two_step_site, authenticator, name="My <b>phone</b>")
    found = shown(two_step_site)
    assert "App that shows codes" in found
    assert any("My <b>phone</b>" in heading for heading in found)
    assert "Recovery codes" in found


def test_the_page_of_a_new_app_has_a_picture_and_a_key(two_step_site):
    log_in(two_step_site)
    page = two_step_site.get("/two-step").forms["add-app"].submit()
    assert page.html.find("svg").find("path")
    assert page.headers["Cache-Control"] == "no-store"
    assert len(read_secret(page)) == 32


def test_an_app_counts_only_after_its_first_right_code(two_step_site):
    log_in(two_step_site)
    page = two_step_site.get("/two-step").forms["add-app"].submit()
    secret = read_secret(page)
    form = page.forms["app_confirm"]
    form["code"] = "000000"
    refused = form.submit(status=403)
    assert secret not in refused.text
    assert log_in(new_browser(two_step_site)).location == "/"
    form = refused.forms["app_confirm"]
    form["code"] = code_of(secret)
    form.submit(status=303)
    start_login(new_browser(two_step_site))


@pytest.mark.spec("WebAuthn", "7.1")
def test_a_passkey_is_added_once(two_step_site, authenticator):
    log_in(two_step_site)
    page = two_step_site.get("/two-step/passkey")
    form = page.forms["passkey_setup"]
    form["credential"] = answer = authenticator.create(read_options(page))
    form.submit(status=303)
    again = two_step_site.get("/two-step/passkey")
    send_passkey(again, answer, status=403, form="passkey_setup")
    asked = json.loads(read_options(two_step_site.get("/two-step/passkey")))
    assert [each["transports"] for each in asked["excludeCredentials"]] == [
        ["internal", "hybrid"]
    ]
    assert asked["rp"]["id"] == "localhost"
    assert asked["challenge"] != json.loads(read_options(page))["challenge"]


@pytest.mark.spec("WebAuthn", "7.1")
def test_a_passkey_of_another_origin_is_refused(two_step_site):
    log_in(two_step_site)
    add_passkey(two_step_site, Authenticator("http://localhost:9999"), status=403)


@pytest.mark.spec("WebAuthn", "7.1")
def test_a_verified_user_may_be_required(new_two_step_site):
    site = new_two_step_site(**{"standalone.user_verification": "required"})
    log_in(site)
    add_passkey(site, Authenticator(SITE, verifies=False), status=403)
    add_passkey(site, Authenticator(SITE))


def test_a_factor_is_removed_after_a_fresh_log_in_with_one(two_step_site):
    with frozen() as clock:
        log_in(two_step_site)
        secret = add_app(two_step_site)
        clock.advance(601)
        path, query = parse_location(remove(two_step_site, "Remove the app"))
        assert (path, query["reason"], query["need"]) == (
            "/login",
            "reauthenticate",
            "mfa",
        )
        assert "App that shows codes" in shown(two_step_site)
        send_code(start_login(two_step_site), code_of(secret))
        assert remove(two_step_site, "Remove the app").location == "/two-step"
        assert shown(two_step_site) == []


def test_a_user_cannot_remove_the_factor_of_another_user(two_step_site, authenticator):
    log_in(two_step_site)
    add_passkey(two_step_site, authenticator)
    digest = two_step_site.get("/two-step").html.find("button", {"name": "factor"})[
        "value"
    ]
    other = new_browser(two_step_site)
    log_in(other, "bob", "builder")
    token = other.get("/two-step").forms["add-app"]["csrf_token"].value
    other.post("/two-step/remove", {"factor": digest, "csrf_token": token})
    assert "Phone" in " ".join(shown(two_step_site))


@on_each_engine
@pytest.mark.parametrize("factor", ["\0", "x" * 5000, "é", ""])
def test_a_form_that_names_no_factor_changes_nothing(two_step_site, factor):
    log_in(two_step_site)
    add_app(two_step_site)
    token = two_step_site.get("/two-step").forms[0]["csrf_token"].value
    two_step_site.post(
        "/two-step/remove", {"factor": factor, "csrf_token": token}, status=303
    )
    assert "App that shows codes" in shown(two_step_site)


@on_each_engine
@pytest.mark.parametrize("code", ["\0", "\0\0\0\0\0\0", "é" * 6, "9" * 40, ""])
def test_a_malformed_code_is_wrong(two_step_site, code):
    log_in(two_step_site)
    add_app(two_step_site)
    send_code(start_login(new_browser(two_step_site)), code, status=403)


def test_recovery_codes_end_with_the_last_factor(two_step_site, authenticator):
    log_in(two_step_site)
    add_app(two_step_site)
    add_passkey(two_step_site, authenticator)
    two_step_site.get("/two-step/recovery-codes").forms["recovery-codes"].submit()
    remove(two_step_site, "Remove the app")
    assert "10 left" in two_step_site.get("/two-step").text
    remove(two_step_site, "Phone")
    add_app(two_step_site)
    assert "0 left" in two_step_site.get("/two-step").text


def test_a_change_ends_the_other_sessions_unless_the_setting_says_otherwise(
    new_two_step_site,
):
    for setting, stays in (("true", False), ("false", True)):
        site = new_two_step_site(**{"standalone.factor_change_ends_sessions": setting})
        other = new_browser(site)
        log_in(other)
        log_in(site)
        add_app(site)
        assert is_logged_in(site)
        assert is_logged_in(other) == stays
        if stays:
            # It knows only the password, and there is a factor now.
            path, query = parse_location(other.get("/two-step/passkey", status=303))
            assert (path, query["need"]) == ("/login", "mfa")
        remove(site, "Remove the app")


def test_changes_are_logged_and_audited(two_step_site, caplog):
    log_in(two_step_site)
    engine = two_step_site.app.registry["fast_session.database"].writer
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM oauth_audit_entry"))
    with caplog.at_level(logging.INFO):
        add_app(two_step_site)
        remove(two_step_site, "Remove the app")
    with engine.begin() as connection:
        select = "SELECT event FROM oauth_audit_entry ORDER BY at"
        recorded = list(connection.execute(text(select)).scalars())
    assert recorded == ["SecondFactorAdded", "SecondFactorRemoved"]
    assert "second factor added: app" in caplog.text
    assert "second factor removed: app" in caplog.text


def test_every_form_needs_the_csrf_token(two_step_site):
    log_in(two_step_site)
    for path in ("remove", "app", "app/confirm", "passkey", "recovery-codes"):
        two_step_site.post(f"/two-step/{path}", {}, status=400)
    for path in ("second-step", "second-step/skip", "passkey"):
        two_step_site.post(f"/login/{path}", {}, status=400)


def test_the_pages_are_absent_where_the_setting_is_off(new_two_step_site):
    site = new_two_step_site(**{"standalone.second_factor": "off"})
    log_in(site)
    site.get("/two-step", status=404)
    assert "passkey" not in site.get("/login").text
    assert "two-step" not in site.get("/").text


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (
            "https://login.example.org/oauth",
            ("login.example.org", "https://login.example.org"),
        ),
        ("http://localhost:6543/oauth", ("localhost", "http://localhost:6543")),
        ("https://Example.org:443/oauth", ("example.org", "https://example.org")),
        ("http://login.example.org", None),
        ("https://127.0.0.1:8443", None),
        ("https://[::1]:8443", None),
    ],
)
def test_passkeys_belong_to_the_domain_of_the_issuer(issuer, expected):
    party = RelyingParty.of(issuer)
    assert (party and (party.id, party.origin)) == expected


def test_the_start_names_a_level_that_is_unknown(new_two_step_site):
    with pytest.raises(ConfigurationError, match="'gold' is none of password, mfa"):
        new_two_step_site(**{"standalone.acr_values": "gold = x"})


def test_the_start_says_what_to_install(new_two_step_site, monkeypatch):
    monkeypatch.setattr(second_step, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pyramid_oauth\[second-factors\]"):
        new_two_step_site()
