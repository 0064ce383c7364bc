"""Pushed authorization requests required by the server or a client."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth.errors import ConfigurationError
from tests.support.command_line import STANDALONE
from tests.support.host import CALLBACK, build_authorization_request, parse_redirect
from tests.support.pushing import (
    PAR,
    URN,
    authorize_pushed_request,
    open_request_uri,
    parse_error_page,
    push_request_uri,
)
from tests.support.registry import (
    Registry,
    build_update_request,
    ignore_open_registration,
)
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_jar,
    set_client_keys,
    sign_request_object,
)

MEMBER = "require_pushed_authorization_requests"
METADATA = "/oauth/.well-known/oauth-authorization-server"


@pytest.fixture
def pushed_only_host(new_host):
    """A server that accepts nothing but pushed requests."""
    return new_host(require_pushed_authorization_requests="true")


def log_in_alice(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def send_unpushed_request(browser, **changes):
    """Send an authorization request without a push; the response."""
    return browser.get(
        "/oauth/authorize", build_authorization_request(**changes), expect_errors=True
    )


def is_refused(answer):
    assert answer.location.startswith(CALLBACK)
    parameters = parse_redirect(answer)
    assert parameters["error"] == "invalid_request"
    assert parameters["state"] == "af0ifjsldkj"
    return True


@pytest.mark.spec(PAR, "4")
def test_the_server_can_require_pushed_requests(pushed_only_host):
    client = pushed_only_host.register_client()
    browser = log_in_alice(pushed_only_host)
    assert is_refused(send_unpushed_request(browser))
    assert is_refused(send_unpushed_request(pushed_only_host.browser())), (
        "before anybody logs in"
    )
    assert "code" in authorize_pushed_request(
        browser, push_request_uri(pushed_only_host, client)
    )


@pytest.mark.spec(PAR, "5")
def test_the_metadata_advertises_the_requirement(pushed_only_host):
    document = pushed_only_host.browser().get(METADATA).json
    assert document[MEMBER] is True


@pytest.mark.spec(PAR, "4")
def test_a_client_can_be_required_to_push(host, client):
    browser = log_in_alice(host)
    assert "/authorize/" in send_unpushed_request(browser).location
    host.update_application(client_metadata={MEMBER: True})
    assert is_refused(send_unpushed_request(browser))
    assert "code" in authorize_pushed_request(browser, push_request_uri(host, client))
    host.update_application(client_metadata={MEMBER: False})
    assert "code" in parse_redirect(send_unpushed_request(browser))


@pytest.mark.spec(PAR, "4")
@pytest.mark.parametrize("uri", ["https://client.example/x", f"{URN}{'x' * 43}", "x"])
def test_a_request_uri_that_was_not_issued_is_refused(pushed_only_host, uri):
    pushed_only_host.register_client()
    answer = open_request_uri(
        log_in_alice(pushed_only_host),
        uri,
        **build_authorization_request(client_id=None),
    )
    if uri.startswith(URN):
        assert parse_error_page(answer) == "invalid_request_uri"
    else:
        assert is_refused(answer)


@pytest.mark.spec(PAR, "4")
def test_a_signed_request_object_that_was_not_pushed_is_refused(new_login_provider):
    login_provider = new_login_provider(require_pushed_authorization_requests="true")
    login_provider.register_client()
    set_client_keys(login_provider, "ES256")
    answer = request_by_jar(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims()),
    )
    assert parse_redirect(answer)["error"] == "invalid_request"


def test_an_unregistered_redirect_uri_is_refused_by_a_page(pushed_only_host):
    pushed_only_host.register_client()
    answer = send_unpushed_request(
        log_in_alice(pushed_only_host), redirect_uri="https://evil.example/cb"
    )
    assert answer.status_int == 400
    assert answer.content_type == "text/html"


def test_a_pending_request_is_handled_when_pushing_becomes_required(host, client):
    browser = log_in_alice(host)
    page = send_unpushed_request(browser).follow()
    host.update_application(client_metadata={MEMBER: True})
    answer = page.forms["oauth-consent"].submit(
        "decision", value="allow", expect_errors=True
    )
    assert "code" in parse_redirect(answer) or is_refused(answer)


def test_a_pushed_request_completes_login_and_consent_when_required(pushed_only_host):
    client = pushed_only_host.register_client()
    browser = pushed_only_host.browser()
    answer = open_request_uri(browser, push_request_uri(pushed_only_host, client))
    browser.get("/login?name=alice")
    page = browser.get(parse_redirect(answer)["next"]).follow()
    final = page.forms["oauth-consent"].submit("decision", value="allow")
    assert "code" in parse_redirect(final)


def test_requiring_pushed_requests_while_disabled_stops_the_start(new_host):
    with pytest.raises(ConfigurationError, match=MEMBER):
        new_host(
            pushed_authorization_requests="false",
            require_pushed_authorization_requests="true",
        )


@pytest.mark.spec(PAR, "6")
def test_a_client_can_register_the_requirement(registry):
    registration = registry.create_client(
        token_endpoint_auth_method="client_secret_post", **{MEMBER: True}
    )
    assert registration[MEMBER] is True
    host = registry.host
    client = {name: registration[name] for name in ("client_id", "client_secret")}
    browser = log_in_alice(host)
    assert is_refused(
        send_unpushed_request(browser, client_id=registration["client_id"])
    )
    uri = push_request_uri(host, client)
    assert "code" in authorize_pushed_request(
        browser, uri, client_id=registration["client_id"]
    )


@pytest.mark.spec(PAR, "6")
def test_registration_stores_returns_and_updates_the_member(registry):
    registration = registry.create_client(**{MEMBER: True})
    assert registry.manage("GET", registration).json[MEMBER] is True
    changed = registry.manage(
        "PUT", registration, build_update_request(registration, **{MEMBER: False})
    ).json
    assert changed[MEMBER] is False
    without_member = registry.manage(
        "PUT", changed, build_update_request(changed, **{MEMBER: ...})
    ).json
    assert MEMBER not in without_member


@pytest.mark.spec(PAR, "6")
@pytest.mark.parametrize("value", ["true", 1, [True], {}])
def test_a_value_that_is_no_boolean_is_refused(registry, value):
    assert MEMBER in registry.registration_error(**{MEMBER: value})


def test_without_pushed_requests_the_member_is_ignored(new_host):
    with ignore_open_registration():
        host = new_host(registration="open", pushed_authorization_requests="false")
    assert MEMBER not in Registry(host).create_client(**{MEMBER: True})


def test_the_command_line_sets_the_member(standalone_ini, run_json, run):
    options = ("--name", "Web", "--redirect-uri", CALLBACK, "--client-metadata")
    document = json.dumps({MEMBER: True})
    application = run_json("application", "create", standalone_ini, *options, document)
    assert application["client_metadata"][MEMBER] is True
    wrong = json.dumps({MEMBER: "yes"})
    output = run(
        "application", "create", standalone_ini, *options, wrong, code=1
    ).output
    assert MEMBER in output


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("pyramid_oauth.pushed_request_lifetime = 1h", "W140"),
        ("pyramid_oauth.pushed_redirect_uri_policy = builtins.bool", "W141"),
    ],
)
def test_check_reports_weak_settings(write_ini, sqlite_url, run, lines, number):
    ini = write_ini(STANDALONE, sqlite_url, lines)
    run("upgrade", ini)
    assert number in run("check", ini).output
