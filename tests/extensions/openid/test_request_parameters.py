"""The other parameters of an authentication request, and offline access."""

from __future__ import annotations

import json

import pytest

from tests.support.door import (
    CORE,
    asked,
    asks,
    claims_of,
    error_of,
    query_of,
    redemption,
)

BROKEN = [
    "[]",
    "null",
    "{",
    '{"id_token": []}',
    '{"userinfo": null}',
    '{"id_token": {"name": true}}',
    '{"id_token": {"name": {"essential": "yes"}}}',
    '{"id_token": {"name": {"values": "x"}}}',
    '{"id_token": {"acr": {"essential": true, "values": [1]}}}',
    '{"id_token": {"a": null, "a": null}}',
    '{"id_token": {"a": {"value": 1e999}}}',
    '{"id_token": {"a": {"value": NaN}}}',
    '{"id_token": {"a": {"value": "\\ud800"}}}',
    '{"id_token": {"a": {"value": ' + "[" * 40 + "]" * 40 + "}}}",
    "[" * 7000 + "]" * 7000,
    json.dumps({"id_token": dict.fromkeys(map(str, range(300)))}),
    '{"id_token": {"a": "' + "x" * 20_000 + '"}}',
]


@pytest.mark.spec(CORE, "5.5")
@pytest.mark.parametrize("claims", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_claims_parameter_is_refused(door, claims):
    answer = asks(door.visitor("alice"), claims=claims)
    assert error_of(answer) == "invalid_request"


@pytest.mark.spec(CORE, "5.5")
def test_what_is_not_understood_in_claims_is_passed_over(door):
    claims = {
        "verified_claims": ["anything"],
        "id_token": {"name": {"essential": True, "purpose": "why not"}},
    }
    answer = asks(door.visitor("alice"), claims=json.dumps(claims))
    assert claims_of(door, door.web, answer)["name"] == "Alice Liddell"


def test_without_openid_claims_mean_nothing(door):
    answer = asks(door.visitor("alice"), claims="{", scope="read")
    assert "code" in query_of(answer)


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    "more",
    [
        {"display": "popup"},
        {"display": "hologram"},
        {"ui_locales": "xx de-AT"},
        {"claims_locales": "fr"},
        {"login_hint": "somebody"},
        {"extra": "foobar"},
        {"nonce": None},
    ],
)
def test_hints_never_stand_in_the_way(door, more):
    assert "code" in query_of(asks(door.visitor("alice"), **more))


@pytest.mark.spec(CORE, "3.1.2.1")
def test_the_nonce_comes_back_unchanged(door):
    nonce = "n%20+ü/="
    answer = asks(door.visitor("alice"), nonce=nonce)
    assert claims_of(door, door.web, answer)["nonce"] == nonce


@pytest.mark.spec(CORE, "3.1.2.1")
def test_scopes_that_nobody_knows_are_passed_over(door):
    answer = asks(door.visitor("alice"), scope="openid read unheard_of")
    issued = door.browser().post(
        "/oauth/token", redemption(query_of(answer)["code"], door.web)
    )
    assert issued.json["scope"] == "openid read"
    plain = asks(door.visitor("alice"), scope="read unheard_of")
    assert error_of(plain) == "invalid_scope"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_the_redirect_uri_is_required(door):
    answer = asks(door.visitor("alice"), redirect_uri=None)
    assert answer.status_int == 400
    assert answer.html.find(id="oauth-error-code").string == "invalid_request"
    plain = asks(door.visitor("alice"), redirect_uri=None, scope="read")
    assert "code" in query_of(plain)


@pytest.mark.spec(CORE, "3.1.2.6")
def test_registration_in_a_request_is_not_supported(door):
    answer = asks(door.visitor("alice"), registration="{}")
    assert error_of(answer) == "registration_not_supported"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_request_may_be_posted(door):
    form = asked(scope="openid", nonce="n")
    browser = door.visitor("alice")
    browser.get("/oauth/authorize", form)
    answer = browser.post("/oauth/authorize", form, status=303)
    assert claims_of(door, door.web, answer)["nonce"] == "n"


def scope_granted(door, browser, **changes):
    answer = asks(browser, **changes)
    if "/authorize/" in answer.location:
        form = answer.follow().forms["oauth-consent"]
        answer = form.submit("decision", value="allow")
    form = redemption(query_of(answer)["code"], door.web)
    return door.browser().post("/oauth/token", form).json["scope"].split()


@pytest.mark.spec(CORE, "11")
def test_offline_access_wants_to_be_consented_to(door):
    browser = door.visitor("alice")
    offline = {"scope": "openid offline_access"}
    assert "offline_access" not in scope_granted(door, browser, **offline)
    asked = scope_granted(door, browser, prompt="consent", **offline)
    assert "offline_access" in asked
    remembered = scope_granted(door, browser, prompt="none", **offline)
    assert "offline_access" in remembered


@pytest.mark.spec(CORE, "11")
def test_a_trusted_application_needs_no_consent_for_it(door):
    door.change(skip_authorization=True)
    granted = scope_granted(door, door.visitor("alice"), scope="openid offline_access")
    assert "offline_access" in granted


def test_remembered_consent_costs_two_statements(door):
    browser = door.visitor("alice")
    asks(browser)
    seen = door.statements()
    assert "code" in query_of(asks(browser, max_age="100"))
    assert len([s for s in seen if not s.startswith(("BEGIN", "COMMIT"))]) <= 3


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("wished", "shown"),
    [("fr-CA fr en", "fr"), ("xx DE-at", "de"), ("pt-BR", "pt-BR"), ("xx", "en")],
)
def test_the_pages_speak_the_first_wished_language_there_is(new_door, wished, shown):
    door = new_door(ui_locales="en fr de pt-BR")
    door.application()
    page = asks(door.visitor("alice"), ui_locales=wished).follow()
    assert page.html.html["lang"] == shown


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
)
def test_the_consent_page_looks_as_the_client_wishes(door, display, classes):
    answer = asks(door.visitor("alice"), prompt="consent", display=display)
    assert answer.follow(status=200).html.body["class"] == classes
