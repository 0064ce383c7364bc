"""The ready-made server with second factors; one-time use is tested on each engine."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from pyramid.paster import get_appsettings
from sqlalchemy import text
from webtest import TestApp

from pyramid_oauth.clock import now
from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.standalone import main
from tests.standalone.conftest import SITE, keep_password, log_in
from tests.support.authenticator import Authenticator
from tests.support.command_line import escape_percent, make_demo_site
from tests.support.process_threads import close_app
from tests.support.shared_applications import Application

TABLES = (
    "standalone_passkey",
    "standalone_authenticator_app",
    "standalone_recovery_code",
    "standalone_pending_login",
    "standalone_remembered_browser",
    "standalone_session",
    "oauth_throttle",
    "oauth_grant",
)
DATABASE = "sqlite:///%(here)s/var/development.sqlite"


@pytest.fixture(scope="session")
def two_step_inis(tmp_path_factory, spare_databases) -> Iterator[Callable[[str], Path]]:
    """Return a function that makes the ini file of a demo site once per engine."""
    made: dict[str, Path] = {}
    taken = []

    def get(engine: str) -> Path:
        if engine not in made:
            changes = {}
            if engine == "postgresql":
                taken.append(spare_databases.take())
                changes[DATABASE] = escape_percent(taken[0])
            folder = tmp_path_factory.mktemp(f"two_step_{engine}")
            made[engine] = make_demo_site(folder / "site.ini", changes)
        return made[engine]

    yield get
    for url in taken:
        spare_databases.give_back(url)


@pytest.fixture
def engine_name():
    """Return the name of the engine; `on_each_engine` replaces it."""
    return "sqlite"


on_each_engine = pytest.mark.parametrize(
    "engine_name",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)


@pytest.fixture
def two_step_ini(two_step_inis, engine_name):
    """The ini file of the site."""
    return two_step_inis(engine_name)


def start_two_step_site(settings):
    """Start the site of these settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        return Application(main({}, **settings))


@pytest.fixture
def new_two_step_site(two_step_ini, lease):
    """Start the site with settings; returns a browser."""
    started = []

    def new(**settings) -> TestApp:
        given = get_appsettings(str(two_step_ini))
        given["pyramid_oauth.outbox_in_process"] = "false"
        given.update(settings)
        app = lease.get(partial(start_two_step_site, given), given).wsgi
        started.append(app)
        return TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})

    yield new
    for app in started:
        with app.registry["fast_session.database"].writer.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table}"))
        close_app(app)


@pytest.fixture
def two_step_site(new_two_step_site):
    """Return a browser of the site, without cookies."""
    return new_two_step_site()


@pytest.fixture
def authenticator():
    """A device that verifies its user."""
    return Authenticator(origin=SITE)


def new_browser(site):
    return TestApp(site.app, extra_environ=site.extra_environ)


def is_logged_in(browser):
    return browser.get("/two-step", status="*").status_int == 200


def code_of(secret, steps=1):
    """Return the code of a later time step; by default one that was not used before."""
    return pyotp.TOTP(secret).at(int(now().timestamp()) + 30 * steps)


def read_secret(page):
    return page.html.find(id="app-secret").get_text().replace(" ", "").strip()


def add_app(site):
    """Add an app to the account that is logged in; returns its secret."""
    page = site.get("/two-step").forms["add-app"].submit(status=200)
    secret = read_secret(page)
    form = page.forms["app_confirm"]
    form["code"] = code_of(secret, 0)
    form.submit(status=303)
    return secret


def add_passkey(site, authenticator, name="Phone", status=303):
    """Add a passkey to the account that is logged in; returns the response."""
    page = site.get("/two-step/passkey", status=200)
    form = page.forms["passkey_setup"]
    form["name"] = name
    form["credential"] = authenticator.create(read_options(page))
    return form.submit(status=status)


def read_options(page):
    return page.html.find(id="passkey-button")["data-options"]


def make_recovery_codes(site):
    """Make recovery codes for the account that is logged in; returns them."""
    page = site.get("/two-step/recovery-codes").forms["recovery-codes"].submit()
    return [item.get_text(strip=True) for item in page.html.find(id="codes")("li")]


def start_login(browser, username="alice", password="wonderland"):
    """Pass the first step; returns the page of the second step."""
    answer = log_in(browser, username, password)
    assert urlsplit(answer.location).path == "/login/second-step"
    return answer.follow()


def send_code(page, code, status=303):
    form = page.forms["second_step"]
    form["code"] = code
    return form.submit(status=status)


def send_passkey(page, answer, status=303, form="second_step"):
    page.forms[form]["credential"] = answer
    return page.forms[form].submit(status=status)


def parse_location(answer):
    parts = urlsplit(answer.location)
    return parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}


@pytest.fixture
def kept_password(two_step_site):
    """Restore the password of alice after the test."""
    with keep_password(two_step_site):
        yield
