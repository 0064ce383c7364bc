"""Faults of clients: requests without their body, with and without nginx."""

from __future__ import annotations

import signal
import socket
import ssl
import time
import urllib.request

import pytest
import trustme

from tests.faults.site import DEPLOY
from tests.support.nginx import Nginx
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgresql]

REQUEST_WITHOUT_BODY = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
)
STALLED_REQUESTS = 12
"""Requests without a body: more than the server has threads."""
KILL_LIMIT = 4


@pytest.fixture
def client_fault_site(new_faulty_site):
    site = new_faulty_site()
    site.start(workers_kill_timeout=KILL_LIMIT)
    return site


@pytest.fixture
def nginx(tmp_path, client_fault_site):
    authority = trustme.CA()
    proxy = Nginx(
        tmp_path,
        authority,
        (DEPLOY / "nginx.conf").read_text(),
        site="login.example.org",
        upstream="127.0.0.1:8000",
        target=client_fault_site.port,
    )
    context = ssl.create_default_context()
    authority.configure_trust(context)
    proxy.context = context
    yield proxy
    proxy.close()


def test_nginx_keeps_requests_without_a_body_from_the_server(
    client_fault_site, nginx, note
):
    links = []
    for _ in range(STALLED_REQUESTS):
        link = socket.create_connection(("127.0.0.1", nginx.port))
        links.append(nginx.context.wrap_socket(link, server_hostname="localhost"))
        links[-1].sendall(REQUEST_WITHOUT_BODY)
    url = f"https://localhost:{nginx.port}/readyz"
    for _ in range(10):
        with urllib.request.urlopen(url, timeout=3, context=nginx.context) as answer:
            assert answer.status == 200
            assert "granian" not in str(answer.headers).lower()
    assert client_fault_site.request_client_token()[0] == 200
    note(
        f"{STALLED_REQUESTS} requests without a body behind nginx: all others answered"
    )
    for link in links:
        link.close()


def test_sigterm_ends_the_server_while_bodies_do_not_come(client_fault_site, note):
    links = []
    for _ in range(STALLED_REQUESTS):
        links.append(socket.create_connection(("127.0.0.1", client_fault_site.port)))
        links[-1].sendall(REQUEST_WITHOUT_BODY)
    # Nothing in the server can end the wait; the log names its cause.
    wait_until(
        lambda: client_fault_site.logged("waits for the body of the request"), 10
    )
    assert not client_fault_site.answers("/healthz")
    started = time.monotonic()
    client_fault_site.process.send_signal(signal.SIGTERM)
    client_fault_site.process.wait(KILL_LIMIT + 4)
    seconds = time.monotonic() - started
    note(f"SIGTERM while bodies do not come: ended after {seconds:.1f} s")
    for link in links:
        link.close()
