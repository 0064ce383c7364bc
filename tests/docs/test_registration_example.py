"""The how-to of client registration, run with curl against a server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import make_server

import pytest

from tests.support.host import Host
from tests.support.registry import ignore_open_registration
from tests.support.wsgi import QuietHandler

SCRIPT = Path(__file__).parents[2] / "docs/examples/registration.sh"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.spec("RFC 7592", "2")
def test_the_commands_of_the_registration_page_work(tmp_path):
    server = make_server("127.0.0.1", 0, None, handler_class=QuietHandler)
    issuer = f"http://127.0.0.1:{server.server_port}/oauth"
    url = f"sqlite:///{tmp_path}/example.sqlite"
    with ignore_open_registration():
        host = Host(url, issuer=issuer, registration="open")
    server.set_app(host.wsgi)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        result = subprocess.run(
            ["sh", str(SCRIPT), issuer], capture_output=True, text=True, timeout=60
        )
    finally:
        server.shutdown()
        server.server_close()
        host.engine.dispose()
    assert result.returncode == 0, result.stderr
    client_id, *rest = result.stdout.split("\n")
    assert len(client_id) > 20
    assert rest == ["Shop", "Book shop", "401", ""]
