"""Worker processes: concurrent workers, and a killed worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.paster import get_app
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.command_line import STANDALONE, escape_percent, run_command
from tests.support.host import CALLBACK, build_authorization_request
from tests.support.servers import build_response

MODELS = declared({}).models
ISSUER = "https://login.example.org/oauth"
SPEC = "OpenID Connect Back-Channel Logout"
MORE = """
pyramid_oauth.openid = true
pyramid_oauth.backchannel_logout = true
pyramid_oauth.outbound_allow_private = true
pyramid_oauth.outbound_ca_file = {authority}
pyramid_oauth.outbound_timeout = {timeout}
pyramid_oauth.outbox_delay = 1
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning"),
]


def command(*arguments):
    return [str(Path(sys.executable).parent / "pyramid-oauth"), *map(str, arguments)]


class OutboxSite:
    """The ready-made server on an ini file, its database, and its workers."""

    def __init__(self, folder, url, authority, timeout):
        ca = folder / "authority.pem"
        authority.cert_pem.write_to_path(ca)
        more = MORE.format(authority=ca, timeout=timeout)
        self.ini = folder / "site.ini"
        self.ini.write_text(STANDALONE.format(url=escape_percent(url), more=more))
        run_command("init", "--demo", self.ini)
        self.engine = create_engine(url, poolclass=NullPool)
        self.app = get_app(str(self.ini))
        self.processes = []

    def browser(self):
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "login.example.org"}
        browser = TestApp(self.app, extra_environ=environ)
        form = browser.get("/login").forms["login"]
        form["username"], form["password"] = "alice", "wonderland"
        form.submit(status=303)
        return browser

    def clients(self, url, count):
        """Register clients with back-channel logout at `url`."""
        names = [f"client{number}" for number in range(count)]
        with Session(self.engine) as session:
            for name in names:
                application = MODELS.Application(
                    client_id=name,
                    redirect_uris=CALLBACK,
                    skip_authorization=True,
                    client_metadata={"backchannel_logout_uri": f"{url}/{name}/out"},
                )
                application.new_client_secret()
                session.add(application)
            session.commit()
        return names

    def log_in_and_out(self, names):
        """Log in to all these clients, and log out."""
        browser = self.browser()
        for name in names:
            query = build_authorization_request(client_id=name, scope="openid")
            response = browser.get("/oauth/authorize", query, status=303)
            assert "code" in parse_qs(urlsplit(response.location).query)
        form = browser.get("/oauth/end_session").forms["oauth-logout"]
        form.submit("decision", value="logout", status=200)

    def jwks(self):
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "login.example.org"}
        return TestApp(self.app, extra_environ=environ).get("/oauth/jwks").json

    def start_worker(self):
        arguments = command("outbox", "run", self.ini, "--interval", "0.2")
        process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.processes.append(process)
        return process

    def count_messages(self):
        with Session(self.engine) as session:
            return session.scalar(
                select(func.count()).select_from(MODELS.OutboxMessage)
            )

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()
        self.app.registry["fast_session.database"].dispose()


@pytest.fixture
def new_worker_site(tmp_path, database_url, authority):
    sites = []

    def new(timeout=5):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            sites.append(OutboxSite(tmp_path, database_url, authority, timeout))
        return sites[-1]

    yield new
    for site in sites:
        site.close()


def wait_until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.05)


def wait_until_ready(process):
    """Wait for the line that the worker prints once it handles SIGTERM."""
    assert process.stdout.readline().startswith(b"delivering messages")


@pytest.mark.spec(SPEC, "2.5")
def test_two_workers_deliver_each_message_once(new_worker_site, new_relying_party):
    site = new_worker_site()
    party = new_relying_party(ISSUER, site.jwks(), delay=0.05)
    names = site.clients(party.url, 30)
    site.log_in_and_out(names)
    assert site.count_messages() == 30
    workers = [site.start_worker(), site.start_worker()]
    wait_until(lambda: site.count_messages() == 0)
    for worker in workers:
        # On a busy machine one worker may deliver all before the other has started.
        wait_until_ready(worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(15) == 0
    assert [entry for entry in party.log if "refused" in entry] == []
    assert Counter(entry["client"] for entry in party.log) == Counter(names)


def test_a_message_of_a_killed_worker_is_delivered_by_another(
    new_worker_site, receiver
):
    site = new_worker_site(timeout=2)
    receiver.handler = lambda peer, request: time.sleep(5)
    names = site.clients(f"https://localhost:{receiver.port}", 1)
    site.log_in_and_out(names)
    worker = site.start_worker()
    wait_until(lambda: receiver.requests)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert worker.returncode == -signal.SIGKILL
    assert site.count_messages() == 1

    receiver.handler = lambda peer, request: peer.sendall(build_response(b""))
    site.start_worker()
    wait_until(lambda: site.count_messages() == 0)
    assert len(receiver.requests) == 2
