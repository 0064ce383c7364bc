"""The steps of `conformance-config`, done by HtmlUnit as the suite has it do them.

The other modules do them with a simpler browser, which is faster and runs anywhere.
"""

from __future__ import annotations

import pytest

from tests.oidf.htmlunit import started

pytestmark = pytest.mark.slow
STATE = "a-state"


@pytest.fixture(scope="module")
def selenium(tmp_path_factory):
    server = started(tmp_path_factory.mktemp("selenium"))
    yield server
    server.stop()


@pytest.fixture
def open_htmlunit(selenium, suite):
    """Give the suite a browser of this kind."""

    def opened(javascript):
        suite.browser = selenium.open(suite.listener, javascript=javascript)

    yield opened
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
    assert suite.login(suite.register())["claims"]["sub"]
    assert suite.login(suite.register(), "code id_token token")["claims"]["sub"]


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2")
@pytest.mark.usefixtures("either_browser")
def test_a_form_post_response_is_posted(suite):
    """By the page's script, or by the button."""
    suite.response_mode = "form_post"
    assert suite.login(suite.register(), "id_token token")["claims"]["sub"]


@pytest.mark.usefixtures("htmlunit")
def test_a_request_is_posted(suite):
    asked = suite.request(suite.register())
    suite.visit(asked, method="POST")
    assert suite.answer(asked)["code"]


@pytest.mark.usefixtures("htmlunit")
def test_screenshots_are_taken_where_modules_require_them(suite):
    client = suite.register(logo_uri=f"{suite.listener.origin}/logo.svg")
    suite.visit(suite.request(client), module="oidcc-registration-logo-uri")
    suite.login(client)
    wrong = suite.request(client, redirect_uri=f"{suite.callback}/other")
    suite.visit(wrong, module="oidcc-ensure-registered-redirect-uri")
    suite.authorize(client, prompt="login", module="oidcc-prompt-login")
    taken = [target for target, _ in suite.browser.pictures]
    assert taken == ["login", "oauth-error-code", "login"]


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
@pytest.mark.usefixtures("either_browser")
def test_a_logout_loads_front_channel_frames_and_continues(suite):
    after = f"{suite.callbacks}post_logout_redirect"
    client = suite.register(
        post_logout_redirect_uris=[after],
        frontchannel_logout_uri=f"{suite.callbacks}frontchannel_logout",
        frontchannel_logout_session_required=True,
    )
    done = suite.login(client)
    suite.listener.requests.clear()
    page = suite.log_out(
        id_token_hint=done["id_token"], post_logout_redirect_uri=after, state=STATE
    )
    assert page.url == f"{after}?state={STATE}"
    # Once only: the module takes a second visit for another logout.
    visits = [item["path"] for item in suite.listener.requests]
    assert visits.count("/test/a/pyramid_oauth/post_logout_redirect") == 1
    told = suite.listener.wait_for("/test/a/pyramid_oauth/frontchannel_logout")
    assert told["query"]["sid"] == done["claims"]["sid"]
    assert not suite.is_logged_in(client)


@pytest.mark.usefixtures("htmlunit")
def test_a_logout_without_a_hint_needs_confirmation(suite):
    suite.login(suite.register())
    suite.log_out(module="oidcc-rp-initiated-logout-no-id-token-hint")
    suite.log_out(module="oidcc-rp-initiated-logout-no-params")
    taken = [target for target, _ in suite.browser.pictures]
    assert taken == ["oauth-logout-confirm", "oauth-logged-out"]
