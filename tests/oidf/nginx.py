"""nginx before the server, as docs/how_to/conformance_suite configures it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.code_blocks import blocks
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
MAIN = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def needed():
    """Skip where there is no nginx, except on CI."""
    if shutil.which("nginx") is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs nginx")
        pytest.skip("no nginx: the server is tried behind a simpler proxy only")


class Nginx:
    """A process of nginx that ends TLS on `port` and passes requests on to `target`."""

    # conformance.ini has all that is needed.
    server = ()

    def __init__(self, folder, authority, target):
        self.port = free_port()
        issued = authority.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        issued.private_key_pem.write_to_path(folder / "key.pem")
        (folder / "nginx.conf").write_text(
            MAIN.format(folder=folder, server=self._documented(folder, target))
        )
        self._process = subprocess.Popen(
            ["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"]
        )

    def _documented(self, folder, target):
        page = ROOT / "docs/how_to/conformance_suite.rst"
        (server,) = [each.text for each in blocks(page) if each.language == "nginx"]
        for documented, here in {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "/etc/ssl/op.example.org.pem": str(folder / "cert.pem"),
            "/etc/ssl/op.example.org.key": str(folder / "key.pem"),
            "op.example.org": "localhost",
            "127.0.0.1:6543": f"127.0.0.1:{target}",
        }.items():
            assert documented in server, documented
            server = server.replace(documented, here)
        return server

    def close(self):
        self._process.terminate()
        self._process.wait(10)
