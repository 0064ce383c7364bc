"""A script of the site reads what must be shown as JSON, and decides by JSON.

The checks are those of the page: browser, account, CSRF token, and one answer.
"""

from __future__ import annotations

import pytest

from tests.support.host import (
    CALLBACK,
    build_authorization_request,
    build_code_exchange,
    parse_query,
)

JSON = {"Accept": "application/json"}


@pytest.fixture
def path(client, browser):
    """The path of a request of alice that waits for her decision."""
    answer = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    return answer.headers["Location"]


def read(browser, path, status=200):
    return browser.get(path, headers=JSON, status=status).json


def decide(browser, path, status=200, headers=None, **decision):
    headers = {**JSON, "Origin": "https://as.example", **(headers or {})}
    return browser.post_json(path, decision, headers=headers, status=status).json


def allow(browser, path, **decision):
    token = read(browser, path)["decision"]["csrf_token"]
    return decide(browser, path, csrf_token=token, decision="allow", **decision)


def test_the_document_has_what_the_page_shows(browser, path):
    document = read(browser, path)
    assert document["status"] == "consent_required"
    assert document["client"]["client_id"] == "web"
    assert document["client"]["name"] == "Web"
    assert document["client"]["is_verified"] is True
    assert document["account"] == {"name": "alice", "email": ""}
    assert document["destination"] == {"host": "client.example", "uri": CALLBACK}
    assert document["decision"]["url"] == path
    names = ("name", "label", "optional", "icon", "risk")
    assert [{name: item[name] for name in names} for item in document["items"]] == [
        dict(zip(names, values, strict=True))
        for values in (
            ("read", "Read things", False, "other", "medium"),
            ("write", "Write things", True, "other", "medium"),
        )
    ]


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize(
    ("ticked", "scope"),
    [(["write"], "read write"), ("write", "read write"), ([], "read")],
    ids=["a-list", "text", "none"],
)
def test_a_decision_leads_to_the_client_with_what_was_ticked(
    browser, client, path, ticked, scope
):
    answer = allow(browser, path, scope=ticked)
    assert answer["status"] == "redirect"
    assert answer["redirect_to"].startswith(f"{CALLBACK}?")
    code = parse_query(answer["redirect_to"])["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert tokens["scope"] == scope


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_a_refusal_leads_to_the_client_too(browser, path):
    token = read(browser, path)["decision"]["csrf_token"]
    answer = decide(browser, path, csrf_token=token, decision="deny")
    assert parse_query(answer["redirect_to"])["error"] == "access_denied"


@pytest.mark.parametrize(
    ("forged", "headers", "status"),
    [
        ({"csrf_token": "forged"}, {}, 403),
        ({}, {"Origin": "https://evil.example"}, 403),
        ({"decision": 1}, {}, 400),
        ({"decision": ["allow"]}, {}, 400),
        ({"scope": ["write", 2]}, {}, 400),
        ({}, {"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_forged_or_malformed_decision_is_refused(
    host, browser, path, forged, headers, status
):
    token = read(browser, path)["decision"]["csrf_token"]
    decision = {"csrf_token": token, "decision": "allow", **forged}
    document = decide(browser, path, status, headers, **decision)
    assert document["status"] == "error"
    assert document["error"] == "invalid_request"
    assert document["reference"]
    assert host.count("Grant") == 0
    # The request still waits for its answer.
    assert "code" in allow(browser, path)["redirect_to"]


def test_a_request_is_answered_once_by_its_own_browser_and_account(host, browser, path):
    stranger = host.browser()
    stranger.get("/login?name=alice")
    assert read(stranger, path, 404)["title"] == "This request is over"
    token = read(browser, path)["decision"]["csrf_token"]
    browser.get("/login?name=bob")
    assert read(browser, path, 403)["title"].startswith(
        "You are logged in with another"
    )
    browser.get("/login?name=alice")
    answer = allow(browser, path)
    decision = {"csrf_token": token, "decision": "allow"}
    again = browser.post_json(path, decision, headers=JSON, status="4*")
    assert again.status_int in (403, 404, 409)
    assert "code" in answer["redirect_to"]
    assert host.count("Grant") == 1


def test_before_a_login_a_script_learns_where_to_log_in(host, client):
    browser = host.browser()
    request = build_authorization_request()
    answer = browser.get("/oauth/authorize", request, headers=JSON, status=200)
    assert answer.json["status"] == "login_required"
    assert answer.json["login_url"].startswith("/login?next=%2Foauth%2Fauthorize")
    assert host.count("AuthorizationRequest") == 0
    browser.get("/login?name=alice")
    answer = browser.get("/oauth/authorize", request, headers=JSON).json
    assert answer["status"] == "redirect"
    assert read(browser, answer["redirect_to"])["status"] == "consent_required"


def test_a_remembered_consent_is_a_redirect(browser, path):
    allow(browser, path, scope=["write"])
    request = build_authorization_request()
    answer = browser.get("/oauth/authorize", request, headers=JSON).json
    assert "code" in parse_query(answer["redirect_to"])


def test_a_form_post_response_is_left_to_the_script(browser, client):
    request = build_authorization_request(response_mode="form_post")
    path = browser.get("/oauth/authorize", request, status=303).headers["Location"]
    answer = allow(browser, path)
    assert (answer["status"], answer["post_to"]) == ("post", CALLBACK)
    assert set(answer["members"]) >= {"code", "state"}


def test_other_origins_read_nothing_and_are_not_allowed_to_ask(host, browser, path):
    host.update_application(allowed_origins="https://client.example")
    headers = {**JSON, "Origin": "https://client.example"}
    answer = browser.get(path, headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    preflight = {**headers, "Access-Control-Request-Method": "POST"}
    answer = browser.options(path, headers=preflight, expect_errors=True)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_of_the_host_takes_the_place_of_ours(new_host):
    host = new_host(consent_url="/consent?theme=dark")
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    path = browser.get("/oauth/authorize", build_authorization_request()).location
    answer = browser.get(path, headers={"Accept": "text/html"}, status=303)
    location = answer.headers["Location"]
    assert location.startswith("/consent?theme=dark&request=%2Foauth%2Fauthorize%2F")
    assert read(browser, parse_query(location)["request"])["client"]["name"] == "Web"
    assert "code" in allow(browser, parse_query(location)["request"])["redirect_to"]


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_notices_are_text(new_host):
    host = new_host(registration="open")
    host.register_client(source="registration", name="<b>Shop</b>")
    browser = host.browser()
    browser.get("/login?name=alice")
    path = browser.get("/oauth/authorize", build_authorization_request()).location
    document = read(browser, path)
    assert document["client"]["is_verified"] is False
    assert document["notices"] == [
        "Nobody here has checked who is behind <b>Shop</b>. Go on only if you trust it."
    ]
