"""The other parameters of an authentication request, and offline access."""

from __future__ import annotations

import json

import pytest

from tests.support.authentication import (
    CORE,
    parse_error,
    redeem_id_token,
    request_authentication,
)
from tests.support.host import (
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)

MALFORMED_CLAIMS = {
    "list": "[]",
    "null": "null",
    "no-json": "{",
    "target-is-a-list": '{"id_token": []}',
    "target-is-null": '{"userinfo": null}',
    "member-is-true": '{"id_token": {"name": true}}',
    "essential-is-text": '{"id_token": {"name": {"essential": "yes"}}}',
    "values-is-text": '{"id_token": {"name": {"values": "x"}}}',
    "acr-is-a-number": '{"id_token": {"acr": {"essential": true, "values": [1]}}}',
    "repeated-name": '{"id_token": {"a": null, "a": null}}',
    "infinity": '{"id_token": {"a": {"value": 1e999}}}',
    "not-a-number": '{"id_token": {"a": {"value": NaN}}}',
    "lone-surrogate": '{"id_token": {"a": {"value": "\\ud800"}}}',
    "nested-value": '{"id_token": {"a": {"value": ' + "[" * 40 + "]" * 40 + "}}}",
    "deep": "[" * 7000 + "]" * 7000,
    "many-claims": json.dumps({"id_token": dict.fromkeys(map(str, range(300)))}),
    "long": '{"id_token": {"a": "' + "x" * 20_000 + '"}}',
}


@pytest.mark.spec(CORE, "5.5")
@pytest.mark.parametrize(
    "claims", MALFORMED_CLAIMS.values(), ids=list(MALFORMED_CLAIMS)
)
def test_a_malformed_claims_parameter_is_refused(login_provider, claims):
    answer = request_authentication(login_provider.open_browser("alice"), claims=claims)
    assert parse_error(answer) == "invalid_request"


@pytest.mark.spec(CORE, "5.5")
def test_unknown_members_of_claims_are_ignored(login_provider):
    claims = {
        "verified_claims": ["anything"],
        "id_token": {"name": {"essential": True, "purpose": "why not"}},
    }
    answer = request_authentication(
        login_provider.open_browser("alice"), claims=json.dumps(claims)
    )
    assert (
        redeem_id_token(login_provider, login_provider.web, answer)["name"]
        == "Alice Liddell"
    )


def test_without_openid_the_claims_parameter_is_ignored(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), claims="{", scope="read"
    )
    assert "code" in parse_redirect(answer)


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"display": "popup"},
        {"display": "hologram"},
        {"ui_locales": "xx de-AT"},
        {"claims_locales": "fr"},
        {"login_hint": "somebody"},
        {"extra": "foobar"},
        {"nonce": None},
    ],
    ids=str,
)
def test_optional_hints_never_cause_an_error(login_provider, changes):
    assert "code" in parse_redirect(
        request_authentication(login_provider.open_browser("alice"), **changes)
    )


@pytest.mark.spec(CORE, "3.1.2.1")
def test_the_nonce_is_returned_unchanged(login_provider):
    nonce = "n%20+ü/="
    answer = request_authentication(login_provider.open_browser("alice"), nonce=nonce)
    assert redeem_id_token(login_provider, login_provider.web, answer)["nonce"] == nonce


@pytest.mark.spec(CORE, "3.1.2.1")
def test_unknown_scopes_are_ignored(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), scope="openid read unheard_of"
    )
    response = login_provider.browser().post(
        "/oauth/token",
        build_code_exchange(parse_redirect(answer)["code"], login_provider.web),
    )
    assert response.json["scope"] == "openid read"
    plain = request_authentication(
        login_provider.open_browser("alice"), scope="read unheard_of"
    )
    assert parse_error(plain) == "invalid_scope"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_the_redirect_uri_is_required(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), redirect_uri=None
    )
    assert answer.status_int == 400
    assert answer.html.find(id="oauth-error-code").string == "invalid_request"
    plain = request_authentication(
        login_provider.open_browser("alice"), redirect_uri=None, scope="read"
    )
    assert "code" in parse_redirect(plain)


@pytest.mark.spec(CORE, "3.1.2.6")
def test_the_registration_parameter_is_not_supported(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), registration="{}"
    )
    assert parse_error(answer) == "registration_not_supported"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_an_authentication_request_may_be_posted(login_provider):
    form = build_authorization_request(scope="openid", nonce="n")
    browser = login_provider.open_browser("alice")
    browser.get("/oauth/authorize", form)
    answer = browser.post("/oauth/authorize", form, status=303)
    assert redeem_id_token(login_provider, login_provider.web, answer)["nonce"] == "n"


def obtain_scope(login_provider, browser, **changes):
    answer = request_authentication(browser, **changes)
    if "/authorize/" in answer.location:
        form = answer.follow().forms["oauth-consent"]
        answer = form.submit("decision", value="allow")
    form = build_code_exchange(parse_redirect(answer)["code"], login_provider.web)
    return login_provider.browser().post("/oauth/token", form).json["scope"].split()


@pytest.mark.spec(CORE, "11")
def test_offline_access_needs_prompt_consent(login_provider):
    browser = login_provider.open_browser("alice")
    offline = {"scope": "openid offline_access"}
    assert "offline_access" not in obtain_scope(login_provider, browser, **offline)
    prompted_scope = obtain_scope(login_provider, browser, prompt="consent", **offline)
    assert "offline_access" in prompted_scope
    remembered = obtain_scope(login_provider, browser, prompt="none", **offline)
    assert "offline_access" in remembered


@pytest.mark.spec(CORE, "11")
def test_a_trusted_client_needs_no_consent_for_offline_access(login_provider):
    login_provider.update_application(skip_authorization=True)
    granted = obtain_scope(
        login_provider,
        login_provider.open_browser("alice"),
        scope="openid offline_access",
    )
    assert "offline_access" in granted


def test_a_remembered_consent_takes_at_most_three_statements(login_provider):
    browser = login_provider.open_browser("alice")
    request_authentication(browser)
    statements = login_provider.record_statements()
    assert "code" in parse_redirect(request_authentication(browser, max_age="100"))
    assert len([s for s in statements if not s.startswith(("BEGIN", "COMMIT"))]) <= 3


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [("fr-CA fr en", "fr"), ("xx DE-at", "de"), ("pt-BR", "pt-BR"), ("xx", "en")],
)
def test_the_pages_are_in_the_first_supported_language_of_ui_locales(
    new_login_provider, ui_locales, language
):
    login_provider = new_login_provider(ui_locales="en fr de pt-BR")
    login_provider.register_client()
    page = request_authentication(
        login_provider.open_browser("alice"), ui_locales=ui_locales
    ).follow()
    assert page.html.html["lang"] == language


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("display", "classes"),
    [
        ("popup", ["sheet", "display-popup"]),
        ("touch", ["sheet", "display-touch"]),
        ("page", ["sheet"]),
        ("wap", ["sheet"]),
        ('"><script>', ["sheet"]),
    ],
    ids=["popup", "touch", "page", "wap", "markup"],
)
def test_the_consent_page_follows_the_display_parameter(
    login_provider, display, classes
):
    answer = request_authentication(
        login_provider.open_browser("alice"), prompt="consent", display=display
    )
    assert answer.follow(status=200).html.body["class"] == classes
