"""The ready-made server ends all access of a user who is named by a mail address."""

from __future__ import annotations

import json
import warnings

import pytest
from pyramid.paster import get_app
from sqlalchemy import select
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.standalone.models import User
from tests.support.command_line import run_command

PASSWORD = "correct horse battery"
SCOPE = "global_token_revocation"
PATH = f"/oauth/{SCOPE}"


@pytest.fixture
def monitored_ini(standalone_ini, tmp_path):
    """The ini of a server with the user ada, at which `monitor` may end access."""
    with standalone_ini.open("a") as ini:
        ini.write(f"pyramid_oauth.{SCOPE}_clients = monitor\n")
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    create = ("user", "create", standalone_ini, "ada")
    run_command(*create, "--password", f"file:{password}")
    return standalone_ini


@pytest.fixture
def monitored_site(monitored_ini):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(monitored_ini))
    environ = {"HTTP_HOST": "login.example.org", "wsgi.url_scheme": "https"}
    yield TestApp(app, extra_environ=environ)
    app.registry["fast_session.database"].dispose()


def set_mail(ini, *, verified):
    with open_application(str(ini)) as request:
        user = request.dbsession.scalar(select(User))
        user.mail, user.mail_verified = "ada@example.org", verified


def obtain_monitor_token(ini, site):
    created = run_command(
        *("application", "create", ini, "--client-id", "monitor", "--json"),
        *("--name", "Monitor", "--grant-type", "client_credentials"),
        *("--allowed-scope", SCOPE),
    )
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    site.authorization = ("Basic", ("monitor", json.loads(created)["client_secret"]))
    token = site.post("/oauth/token", form).json["access_token"]
    site.authorization = None
    return token


def is_logged_in(site):
    return site.get("/oauth/connections", status="*").status_int == 200


def test_a_verified_address_ends_the_access_of_its_user(monitored_ini, monitored_site):
    token = obtain_monitor_token(monitored_ini, monitored_site)
    form = monitored_site.get("/login").forms["login"]
    form["username"], form["password"] = "ada", PASSWORD
    form.submit(status=303)
    assert is_logged_in(monitored_site)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"sub_id": {"format": "email", "email": "ADA@example.org"}}
    set_mail(monitored_ini, verified=False)
    monitored_site.post_json(PATH, body, headers=headers, status=404)
    assert is_logged_in(monitored_site)
    set_mail(monitored_ini, verified=True)
    monitored_site.post_json(PATH, body, headers=headers, status=204)
    assert not is_logged_in(monitored_site)
    body = {"sub_id": {"format": "opaque", "id": "nobody"}}
    monitored_site.post_json(PATH, body, headers=headers, status=404)
