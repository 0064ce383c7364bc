"""nginx, HAProxy and Apache in front of the server, as docs/how_to/mtls has them."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from wsgiref.simple_server import make_server

import requests
import trustme

from tests.support.certificates import ClientCertificate
from tests.support.nginx import MAIN, require_program
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until
from tests.support.wsgi import QuietHandler

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
MODULES = Path("/usr/lib/apache2/modules")

OF_HAPROXY = """global
    maxconn 100
defaults
    timeout connect 5s
    timeout client 30s
    timeout server 30s
{servers}"""

OF_APACHE = """ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
User www-data
Group www-data
{modules}
{servers}"""
LOADED = (
    *("mpm_event", "authn_core", "authz_core"),
    *("ssl", "headers", "proxy", "proxy_http"),
)


@dataclass
class Terminator(ABC):
    """A program that ends TLS on two ports; `alias_port` asks for a certificate.

    The folder has `clients.pem`, the authority of the clients, and with
    `has_revocation_list` also `clients.crl`.
    """

    folder: Path
    authority: trustme.CA
    target: int
    has_revocation_list: bool = False
    port: int = field(default_factory=free_port)
    alias_port: int = field(default_factory=free_port)

    program: ClassVar[str]
    example: ClassVar[str]
    main: ClassVar[str]
    listen: ClassVar[tuple[str, str]]
    revocation: ClassVar[tuple[str, str]]
    settings: ClassVar[Mapping[str, str]]

    def start(self) -> None:
        """Write the files and wait until the program listens."""
        program = shutil.which(self.program, path="/usr/sbin:/usr/bin:/usr/local/bin")
        require_program(self.program, program)
        certificate = self.authority.issue_cert("localhost")
        both = certificate.private_key_and_cert_chain_pem
        both.write_to_path(self.folder / "as.example.org.pem")
        certificate.private_key_pem.write_to_path(self.folder / "as.example.org.key")
        file = self.folder / self.example
        file.write_text(
            self.main.format(
                folder=self.folder,
                server=self._block(),
                servers=self._block(),
                modules="\n".join(
                    f"LoadModule {name}_module {MODULES}/mod_{name}.so"
                    for name in LOADED
                ),
            )
        )
        self._process = subprocess.Popen([str(program), *self.options(file)])
        wait_until(lambda: is_listening(self.alias_port), 10)

    @abstractmethod
    def options(self, file: Path) -> list[str]:
        """The options with which the program stays in the foreground."""

    def _block(self) -> str:
        block = (EXAMPLES / self.example).read_text()
        if self.has_revocation_list:
            documented, enabled = self.revocation
            assert documented in block
            block = block.replace(documented, enabled)
        block = block.replace(*self.listen)
        block = re.sub(r"\b8443\b", str(self.alias_port), block)
        block = re.sub(r"\b443\b", str(self.port), block)
        block = block.replace("/etc/ssl/", f"{self.folder}/")
        block = re.sub(r"(?<!/)\bas\.example\.org\b", "localhost", block)
        return block.replace("127.0.0.1:8000", f"127.0.0.1:{self.target}")

    def close(self) -> None:
        """Stop the process."""
        self._process.terminate()
        self._process.wait(10)


class Nginx(Terminator):
    """nginx; it passes each certificate on, and its own result."""

    program, example, main = "nginx", "mtls_nginx.conf", MAIN
    listen = ("listen ", "listen 127.0.0.1:")
    revocation = ("# ssl_crl", "ssl_crl")
    settings: ClassVar[Mapping[str, str]] = {
        "mtls_certificate_sources": "escaped_pem:X-Client-Cert"
    }

    def options(self, file: Path) -> list[str]:
        return ["-e", str(self.folder / "error.log"), "-c", str(file)]


class HAProxy(Terminator):
    """HAProxy; its result is a number."""

    program, example, main = "haproxy", "mtls_haproxy.cfg", OF_HAPROXY
    listen = ("bind :", "bind 127.0.0.1:")
    revocation = ("verify optional", "verify optional crl-file /etc/ssl/clients.crl")
    settings: ClassVar[Mapping[str, str]] = {
        "mtls_certificate_sources": "base64_der:X-Client-Cert"
    }

    def options(self, file: Path) -> list[str]:
        return ["-db", "-f", str(file)]


class HAProxyByRFC9440(HAProxy):
    """HAProxy with the standard header, whose line the page has too."""

    settings: ClassVar[Mapping[str, str]] = {
        "mtls_certificate_sources": "rfc9440:X-Client-Cert"
    }

    def _block(self) -> str:
        documented, standard = "%[ssl_c_der,base64]", ":%[ssl_c_der,base64]:"
        return super()._block().replace(documented, f"{standard} if {{ ssl_c_used }}")


class Apache(Terminator):
    """Apache with mod_ssl, mod_headers and mod_proxy_http."""

    program, example, main = "apache2", "mtls_apache.conf", OF_APACHE
    listen = ("Listen ", "Listen 127.0.0.1:")
    revocation = ("# SSLCARevocation", "SSLCARevocation")
    settings: ClassVar[Mapping[str, str]] = {
        "mtls_certificate_sources": "escaped_pem:X-Client-Cert"
    }

    def options(self, file: Path) -> list[str]:
        return ["-X", "-f", str(file)]


TERMINATORS = {
    each.__name__: each for each in (Nginx, HAProxy, HAProxyByRFC9440, Apache)
}


class Handler(QuietHandler):
    """Drops names with an underscore, as the servers of the documentation do."""

    def get_environ(self) -> Any:
        for name in list(self.headers):
            if "_" in name:
                del self.headers[name]
        return super().get_environ()


@contextmanager
def serve(application: Any, port: int) -> Iterator[None]:
    """Serve an application to the programs in front."""
    server = make_server("127.0.0.1", port, application, handler_class=Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Machine:
    """A client that calls over TLS with its certificate."""

    def __init__(
        self,
        proxied: SimpleNamespace,
        folder: Path,
        found: ClientCertificate | None = None,
    ) -> None:
        self.proxied = proxied
        self.session = requests.Session()
        self.session.verify = proxied.ca
        self.session.trust_env = False
        if found is not None:
            (folder / "client.pem").write_text(found.pem)
            (folder / "client.key").write_bytes(found.key_pem)
            self.session.cert = (
                str(folder / "client.pem"),
                str(folder / "client.key"),
            )

    def find_token_endpoint(self) -> str:
        path = "/.well-known/oauth-authorization-server/oauth"
        document = self.session.get(self.proxied.origin + path).json()
        url: str = document["mtls_endpoint_aliases"]["token_endpoint"]
        return url

    def ask(
        self,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> requests.Response:
        form = {"grant_type": "client_credentials", "scope": "read", "client_id": "web"}
        url = url or self.find_token_endpoint()
        return self.session.post(url, {**form, **more}, headers=headers)

    def call(
        self,
        token: str,
        origin: str | None = None,
        scheme: str = "Bearer",
        **headers: str,
    ) -> requests.Response:
        headers["Authorization"] = f"{scheme} {token}"
        return self.session.get(
            f"{origin or self.proxied.alias}/vault", headers=headers
        )
