"""The ready-made server with other extensions than those of development.ini."""

from __future__ import annotations

import warnings

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.extensions.legacy_grants import LegacyGrantSettings
from pyramid_oauth.settings import SETTINGS
from tests.standalone.conftest import log_in
from tests.support.process_threads import close_app


@pytest.fixture
def open_site(demo_ini, tmp_path):
    """Return a function that opens the site with these settings in place of its own."""
    opened = []

    def start(*rows):
        text = demo_ini.read_text()
        begin = text.index("[app:main]\n") + len("[app:main]\n")
        end = text.index("pyramid_oauth.openid = true")
        kept = text[begin:end] + "\n".join(["", *rows, ""])
        rest = text[text.index("[server:main]") :]
        ini = tmp_path / "site.ini"
        text = f"[app:main]\n{kept}\n{rest}"
        ini.write_text(text.replace("%(here)s", str(demo_ini.parent)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            opened.append(get_app(str(ini)))
        return TestApp(opened[-1], extra_environ={"HTTP_HOST": "localhost:6543"})

    yield start
    for app in opened:
        close_app(app)


def test_users_log_in_where_few_extensions_are_named(open_site):
    site = open_site("pyramid_oauth.extensions = pkce")
    assert log_in(site).status_code == 303
    assert "Alice Liddell" in site.get("/")


def test_the_word_default_keeps_the_limits_of_the_password_grant(open_site):
    rows = ("standalone.login_attempts = 3", "pyramid_oauth.extensions = default")
    registry = open_site(*rows).app.registry
    assert registry[SETTINGS][LegacyGrantSettings].password_attempts == 3
