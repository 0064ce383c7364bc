"""The legacy profile: implicit and password grants (RFC 6749 sections 4.2, 4.3)."""

from __future__ import annotations

import warnings

import pytest

from tests.support.host import (
    Host,
    authorize_client,
    call_api,
)


@pytest.mark.spec("RFC 9700", "2.4")
def test_legacy_grants_exist_under_the_legacy_profile_only(new_host):
    host = new_host()
    client = host.register_client(
        authorization_grant_type="password client_credentials"
    )
    form = {"grant_type": "password", "username": "a", "password": "b", **client}
    answer = host.browser().post("/oauth/token", form, status=400)
    assert answer.json["error"] == "unsupported_grant_type"


@pytest.mark.spec("RFC 6749", "4.2.2")
@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_the_implicit_grant_is_answered_in_the_fragment(new_host):
    host = new_host(profile="legacy")
    host.register_client(authorization_grant_type="implicit")
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(
        browser, response_type="token", code_challenge=None, code_challenge_method=None
    )
    fragment = answer.location.partition("#")[2]
    token = dict(pair.split("=") for pair in fragment.split("&"))["access_token"]
    assert call_api(host, token) == 200


def test_the_legacy_profile_is_warned_about_at_start_up(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Host(f"sqlite:///{tmp_path}/x.sqlite", profile="legacy").engine.dispose()
    texts = [str(warning.message) for warning in caught]
    assert any("grant_types offers password" in text for text in texts)
    assert any("pkce_required = false" in text for text in texts)
