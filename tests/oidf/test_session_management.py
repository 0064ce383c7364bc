"""Session Management in Chromium: the suite's page with two frames, before and after.

The relying party's frame asks the provider's frame, which sees the provider's cookie.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.chromium.conftest import ARGUMENTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOP = """<iframe id="op" src={op} hidden></iframe>
<iframe id="rp" src={rp} hidden></iframe>"""
FRAME = """<script>
addEventListener("message", (event) => {{
  if (event.origin === {origin})
    parent.location.href = {result} + "?state=" + event.data;
}});
const op = parent.document.getElementById("op");
setTimeout(() => op.contentWindow.postMessage({message}, {origin}), 500);
</script>"""


@pytest.fixture
def suite_page(tmp_path, chromium_type):
    """A page of a browser that knows where the suite is."""
    launcher, path = chromium_type
    rules = "--host-resolver-rules=MAP suite.example 127.0.0.1"
    preferences = tmp_path / "profile/Default/Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(
        '{"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": false}}'
    )
    # A lasting profile: others keep cookies from the frames of another site.
    context = launcher.launch_persistent_context(
        tmp_path / "profile",
        executable_path=path,
        args=[*ARGUMENTS, rules],
        ignore_https_errors=True,
    )
    yield context.new_page()
    context.close()


def log_in(page, suite, client):
    """The answer to a login at the provider's pages."""
    request = suite.build_request(client)
    page.goto(suite.build_url(request))
    page.fill("#username", "alice")
    page.fill("#password", "wonderland")
    page.click("#login-submit")
    page.wait_for_load_state()
    if page.locator("#oauth-allow").count():
        page.click("#oauth-allow")
    page.wait_for_url(f"{suite.callback}*")
    members = parse_qs(urlsplit(page.url).query)
    return request, {name: value for name, (value,) in members.items()}


def fetch_session_status(page, suite, client, state):
    """What the provider's frame answers about the client's session state."""
    suite.listener.pages["/test/a/pyramid_oauth/session_verify"] = (
        "text/html",
        TOP.format(
            op=json.dumps(suite.metadata["check_session_iframe"]),
            rp=json.dumps(f"{suite.callbacks}rp_session_iframe"),
        ),
    )
    suite.listener.pages["/test/a/pyramid_oauth/rp_session_iframe"] = (
        "text/html",
        FRAME.format(
            origin=json.dumps(suite.provider.origin),
            result=json.dumps(f"{suite.callbacks}session_result"),
            message=json.dumps(f"{client.id} {state}"),
        ),
    )
    page.goto(f"{suite.callbacks}session_verify")
    page.wait_for_url(f"{suite.callbacks}session_result*")
    return parse_qs(urlsplit(page.url).query)["state"][0]


@pytest.mark.module("oidcc-session-management-rp-initiated-logout")
@pytest.mark.spec("OpenID Connect Session Management", "3.1")
@pytest.mark.spec("OpenID Connect Session Management", "3.2")
def test_the_session_state_changes_at_logout(suite_page, suite):
    after = f"{suite.callbacks}post_logout_redirect"
    client = suite.register(post_logout_redirect_uris=[after])
    request, answer = log_in(suite_page, suite, client)
    state = answer["session_state"]
    assert fetch_session_status(suite_page, suite, client, state) == "unchanged"
    assert fetch_session_status(suite_page, suite, client, "a.state.of.mine") in (
        "changed",
        "error",
    )
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": request["redirect_uri"],
    }
    hint = suite.request_token(client, **form).json()["id_token"]
    url = suite.metadata["end_session_endpoint"]
    suite_page.goto(f"{url}?id_token_hint={hint}&post_logout_redirect_uri={after}")
    suite_page.wait_for_url(f"{after}*")
    assert fetch_session_status(suite_page, suite, client, state) == "changed"
