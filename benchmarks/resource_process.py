"""What the bearer check costs in an API that runs apart from the server.

`python -m benchmarks.resource_process [CALLS]` starts the ready-made server as a
process of its own (SQLite, waitress), and calls an API in this process over WSGI.
RFC 7662 (introspection, remembered and not), RFC 9068 (JWT, remembered and not).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpcore
from pyramid.config import Configurator
from pyramid.response import Response

from benchmarks import cpu
from benchmarks.inprocess import over_wsgi
from benchmarks.message import Request
from pyramid_oauth.jose.json import json_object
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

BIN = Path(sys.executable).parent
API = "http://localhost:1"
INI = """
[app:main]
use = egg:pyramid_oauth
sqlalchemy.url = sqlite:///%(here)s/server.sqlite
standalone.development = true
standalone.session_secret = {secret}
pyramid_oauth.issuer = {issuer}
pyramid_oauth.prefix = /oauth
pyramid_oauth.secret = {secret}
pyramid_oauth.extensions = introspection resource_indicators jwt_access_tokens
pyramid_oauth.signing_algorithms = RS256 ES256
pyramid_oauth.jwt_access_token_alg = {alg}
pyramid_oauth.grant_types = client_credentials
pyramid_oauth.scopes = read = Read
pyramid_oauth.default_scopes = read
pyramid_oauth.resources = {api} = API
[server:main]
use = egg:waitress#main
listen = localhost:{port}
"""
WAYS: dict[str, dict[str, str]] = {
    "introspection": {
        "token_verifiers": "introspection",
        "introspection_cache_lifetime": "0",
    },
    "introspection, remembered": {
        "token_verifiers": "introspection",
        "introspection_cache_lifetime": "600",
    },
    "JWT": {"token_verifiers": "jwt", "token_cache_lifetime": "0"},
    "JWT, remembered": {"token_verifiers": "jwt", "token_cache_lifetime": "600"},
}


def command(folder: Path, *words: str) -> str:
    """Run `pyramid-oauth` and return its output."""
    return subprocess.check_output(
        [str(BIN / "pyramid-oauth"), *words], cwd=folder, text=True
    )


def register(folder: Path, name: str, token_format: str) -> str:
    """Register a client and return its secret."""
    metadata = f'{{"access_token_format": "{token_format}"}}'
    output = command(
        folder,
        *("application", "create", "server.ini", "--client-id", name, "--name", name),
        *("--grant-type", "client_credentials", "--introspection", "any", "--json"),
        *("--token-endpoint-auth-method", "client_secret_post"),
        *("--client-metadata", metadata),
    )
    return str(json_object(output.encode())["client_secret"])


@contextmanager
def server(alg: str) -> Iterator[tuple[int, str, dict[str, str], str]]:
    """Start the server; yield its process, issuer, tokens by format and a secret."""
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        issuer = f"http://localhost:{port}/oauth"
        secret = "for-the-benchmark-only-0123456789-0123456789"
        values = {"secret": secret, "issuer": issuer, "alg": alg, "api": API}
        (folder / "server.ini").write_text(INI.format(port=port, **values))
        command(folder, "init", "server.ini")
        secrets = {kind: register(folder, kind, kind) for kind in ("jwt", "opaque")}
        process = subprocess.Popen(
            [str(BIN / "pserve"), "server.ini"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: is_listening(port), 30)
            tokens = {kind: token(issuer, kind, secrets[kind]) for kind in secrets}
            yield process.pid, issuer, tokens, secrets["opaque"]
        finally:
            process.terminate()
            process.wait(20)


def token(issuer: str, client: str, secret: str) -> str:
    """Request an access token for the API."""
    answer = httpcore.request(
        "POST",
        f"{issuer}/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=f"grant_type=client_credentials&client_id={client}"
        f"&client_secret={secret}&resource={API}".encode(),
    )
    return str(json_object(answer.content)["access_token"])


def api(issuer: str, secret: str, settings: dict[str, str]) -> Any:
    """Return the API: a view without a requirement, and one with."""
    given = {
        "protected_resource": API,
        "token_issuer": issuer,
        "introspection_client_id": "opaque",
        "introspection_client_secret": secret,
        "introspection_auth_method": "client_secret_post",
        **settings,
    }
    config = Configurator(settings={f"pyramid_oauth.{k}": v for k, v in given.items()})
    config.include("pyramid_oauth.resource")
    for name, scopes in (("open", None), ("protected", "read")):
        config.add_route(name, f"/{name}")
        config.add_view(
            lambda request: Response("ok"), route_name=name, oauth_scopes=scopes
        )
    return over_wsgi(config.make_wsgi_app(), "localhost:1")


def measure(exchange: Any, request: Request, calls: int, pid: int) -> tuple[float, ...]:
    """CPU of this process and of the server, and time: seconds per 1,000 calls."""
    for _ in range(20):
        answer = exchange(request)
        assert answer.status == 200, answer
    theirs, ours, begun = cpu.seconds([pid]), time.process_time(), time.perf_counter()
    for _ in range(calls):
        exchange(request)
    ended = time.process_time(), cpu.seconds([pid]), time.perf_counter()
    used = (ended[0] - ours, ended[1] - theirs, ended[2] - begun)
    return tuple(seconds / calls * 1000 for seconds in used)


def rows(alg: str, calls: int) -> Iterator[str]:
    """One line for each way."""
    with server(alg) as (pid, issuer, tokens, secret):
        for name, settings in WAYS.items():
            exchange = api(issuer, secret, settings)
            kind = "jwt" if name.startswith("JWT") else "opaque"
            headers = (("Authorization", f"Bearer {tokens[kind]}"),)
            bare = measure(exchange, Request("GET", "/open"), calls, pid)
            full = measure(
                exchange, Request("GET", "/protected", headers=headers), calls, pid
            )
            title = f"{name} ({alg})" if kind == "jwt" else name
            yield (
                f"| {title} | {full[0]:.3f} | {full[0] - bare[0]:.3f} "
                f"| {full[1]:.2f} | {full[2]:.2f} |"
            )


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("| bearer check | API CPU | above a bare view | server CPU | time |")
    print("|---|--:|--:|--:|--:|")
    for alg in ("RS256", "ES256"):
        for row in rows(alg, calls):
            print(row, flush=True)


if __name__ == "__main__":
    main()
