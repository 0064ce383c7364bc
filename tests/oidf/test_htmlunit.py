"""The steps of `conformance-config`, executed by HtmlUnit as in the suite.

The other modules use a simpler browser, which is faster and runs anywhere.
"""

from __future__ import annotations

import pytest

from tests.oidf.htmlunit import start_selenium

pytestmark = pytest.mark.slow
STATE = "a-state"


@pytest.fixture(scope="module")
def selenium(tmp_path_factory):
    server = start_selenium(tmp_path_factory.mktemp("selenium"))
    yield server
    server.stop()


@pytest.fixture
def open_htmlunit(selenium, suite):
    """Give the suite a browser of this kind."""

    def open_in_suite(javascript):
        suite.browser = selenium.open(suite.listener, javascript=javascript)

    yield open_in_suite
    suite.browser.close()


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def either_browser(open_htmlunit, request):
    """A suite's browser with JavaScript, and one without."""
    open_htmlunit(request.param)


@pytest.fixture
def htmlunit(open_htmlunit):
    open_htmlunit(True)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.5")
@pytest.mark.spec("OpenID Connect Core", "3.3.2.5")
@pytest.mark.usefixtures("either_browser")
def test_the_steps_log_in_and_give_consent(suite):
    assert suite.log_in(suite.register())["claims"]["sub"]
    assert suite.log_in(suite.register(), "code id_token token")["claims"]["sub"]


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2")
@pytest.mark.usefixtures("either_browser")
def test_a_form_post_response_is_posted(suite):
    """By the page's script, or by the button."""
    suite.response_mode = "form_post"
    assert suite.log_in(suite.register(), "id_token token")["claims"]["sub"]


@pytest.mark.usefixtures("htmlunit")
def test_a_request_is_posted(suite):
    request = suite.build_request(suite.register())
    suite.visit(request, method="POST")
    assert suite.read_response(request)["code"]


@pytest.mark.usefixtures("htmlunit")
def test_screenshots_are_taken_where_modules_require_them(suite):
    client = suite.register(logo_uri=f"{suite.listener.origin}/logo.svg")
    suite.visit(suite.build_request(client), module="oidcc-registration-logo-uri")
    suite.log_in(client)
    unregistered_request = suite.build_request(
        client, redirect_uri=f"{suite.callback}/other"
    )
    suite.visit(unregistered_request, module="oidcc-ensure-registered-redirect-uri")
    suite.authorize(client, prompt="login", module="oidcc-prompt-login")
    screenshot_targets = [target for target, _ in suite.browser.screenshots]
    assert screenshot_targets == ["login", "oauth-error-code", "login"]


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
@pytest.mark.usefixtures("either_browser")
def test_a_logout_loads_front_channel_frames_and_continues(suite):
    after = f"{suite.callbacks}post_logout_redirect"
    client = suite.register(
        post_logout_redirect_uris=[after],
        frontchannel_logout_uri=f"{suite.callbacks}frontchannel_logout",
        frontchannel_logout_session_required=True,
    )
    login = suite.log_in(client)
    suite.listener.requests.clear()
    page = suite.log_out(
        id_token_hint=login["id_token"], post_logout_redirect_uri=after, state=STATE
    )
    assert page.url == f"{after}?state={STATE}"
    # Once only: the module takes a second visit for another logout.
    visits = [item["path"] for item in suite.listener.requests]
    assert visits.count("/test/a/pyramid_oauth/post_logout_redirect") == 1
    notification = suite.listener.wait_for("/test/a/pyramid_oauth/frontchannel_logout")
    assert notification["query"]["sid"] == login["claims"]["sid"]
    assert not suite.is_logged_in(client)


@pytest.mark.usefixtures("htmlunit")
def test_a_logout_without_a_hint_needs_confirmation(suite):
    suite.log_in(suite.register())
    suite.log_out(module="oidcc-rp-initiated-logout-no-id-token-hint")
    suite.log_out(module="oidcc-rp-initiated-logout-no-params")
    screenshot_targets = [target for target, _ in suite.browser.screenshots]
    assert screenshot_targets == ["oauth-logout-confirm", "oauth-logged-out"]
