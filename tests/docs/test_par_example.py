"""The how-to of pushed authorization requests, run with curl against a server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import make_server

import pytest

from tests.support.host import CALLBACK, Host
from tests.support.wsgi import QuietHandler

SCRIPT = Path(__file__).parents[2] / "docs/examples/par.sh"
PROGRAMS = ("curl", "openssl")


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason="curl or openssl is missing"
)
@pytest.mark.spec("RFC 9126", "1.1")
def test_the_commands_of_the_pushed_requests_page_work(tmp_path):
    server = make_server("127.0.0.1", 0, None, handler_class=QuietHandler)
    issuer = f"http://127.0.0.1:{server.server_port}/oauth"
    host = Host(f"sqlite:///{tmp_path}/example.sqlite", issuer=issuer)
    client = host.register_client(token_endpoint_auth_method="client_secret_basic")
    arguments = (issuer, client["client_id"], client["client_secret"], CALLBACK)
    server.set_app(host.wsgi)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        result = subprocess.run(
            ["sh", str(SCRIPT), *arguments], capture_output=True, text=True, timeout=60
        )
    finally:
        server.shutdown()
        server.server_close()
        host.engine.dispose()
    assert result.returncode == 0, result.stderr
    expires_in, url, rest = result.stdout.split("\n")
    assert (expires_in, rest) == ("60", "")
    query = parse_qs(urlsplit(url).query)
    assert set(query) == {"client_id", "request_uri"}
    assert query["request_uri"][0].startswith("urn:ietf:params:oauth:request_uri:")
