"""The demo API with tokens of another issuer, whose users are nobody here."""

from __future__ import annotations

import json
import warnings

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from tests.resource.verify.issuer import API, Issuer
from tests.support.command_line import make_demo_site, run_command


@pytest.fixture
def other_server():
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def trusting_site(tmp_path, other_server):
    """A server that accepts tokens of another one, and the subject of its alice."""
    trusted = (
        "[app:main]\n"
        "pyramid_oauth.token_verifiers = local jwt\n"
        f"pyramid_oauth.token_issuer = {other_server.url}\n"
        f"pyramid_oauth.token_audience = {API}\n"
    )
    ini = make_demo_site(tmp_path / "site.ini", {"[app:main]\n": trusted})
    users = json.loads(run_command("user", "list", ini, "--json"))
    (alice,) = (each for each in users if each["username"] == "alice")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(ini))
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    yield browser, alice["subject"]
    app.registry["fast_session.database"].dispose()


def test_a_user_of_another_issuer_is_not_taken_for_one_of_ours(
    trusting_site, other_server
):
    browser, alice = trusting_site
    for subject in (alice, "nobody here"):
        token = other_server.jwt(sub=subject, scope="read write")
        headers = {"Authorization": f"Bearer {token}"}
        answer = browser.get("/api/me", headers=headers).json
        assert (answer["sub"], answer["username"]) == (subject, None)
        assert browser.get("/api/notes", headers=headers).json == {"notes": []}
        note = {"text": "a note"}
        refused = browser.post_json("/api/notes", note, headers=headers, status=403)
        assert "speaks for no user" in refused.json["error_description"]
