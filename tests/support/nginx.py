"""nginx in front of the server, with a block that is documented."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import ClassVar

import pytest
import trustme

from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

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


def require_program(name: str, found: object) -> None:
    """Skip without a program of the system, but fail in CI."""
    if not found and os.environ.get("CI"):
        pytest.fail(f"CI needs {name}")
    if not found:
        pytest.skip(f"no {name}")


class Nginx:
    """A process of nginx that ends TLS on `port` and passes requests on to `target`.

    Args:
        folder: The folder of its files.
        authority: Issues the certificate.
        block: The documented `server` block.
        site: The host name in the block.
        upstream: The address in the block to which requests are passed on.
        target: The port of the server in its place.
    """

    # What the server needs in its ini for this proxy: nothing.
    server: ClassVar[tuple[str, ...]] = ()
    variables: ClassVar[dict[str, str]] = {}

    def __init__(
        self,
        folder: Path,
        authority: trustme.CA,
        block: str,
        site: str,
        upstream: str,
        target: int,
    ) -> None:
        require_program("nginx", shutil.which("nginx"))
        self.port = free_port()
        certificate = authority.issue_cert("localhost")
        certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        for documented, here in {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            f"/etc/ssl/{site}.pem": str(folder / "cert.pem"),
            f"/etc/ssl/{site}.key": str(folder / "key.pem"),
            site: "localhost",
            upstream: f"127.0.0.1:{target}",
        }.items():
            assert documented in block, documented
            block = block.replace(documented, here)
        file = folder / "nginx.conf"
        file.write_text(MAIN.format(folder=folder, server=block))
        self._process = subprocess.Popen(
            ["nginx", "-e", str(folder / "error.log"), "-c", str(file)]
        )
        wait_until(lambda: is_listening(self.port), 10)

    def reload(self) -> None:
        """Read the files again, such as the authority of clients."""
        former = self._workers()
        self._process.send_signal(signal.SIGHUP)
        # Until then they answer too, as the files were before.
        wait_until(lambda: not former & self._workers(), 30)

    def _workers(self) -> set[str]:
        """Return the processes that answer."""
        command = ["pgrep", "-P", str(self._process.pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return set(found.stdout.split())

    def close(self) -> None:
        """Stop the process."""
        self._process.terminate()
        self._process.wait(10)
