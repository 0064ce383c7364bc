"""Hops: how many files of the package a request visits, and how often it changes file.

`python -m tests.support.hops` prints a table of the main flows. A hop is a call that
enters another file of the package than the one that called last; a return is a hop into
a file that had been left. Compiled templates do not count.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from inspect import CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

import pyramid_oauth
from pyramid_oauth.clock import now
from tests.support.host import (
    Host,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
    request_client_token,
)
from tests.support.provider import Provider

PACKAGE = Path(pyramid_oauth.__file__).parent
ROUNDS = 3
"""The last one is measured, when caches are warm."""

Answer = TypeVar("Answer")


@dataclass
class Walk:
    """The files and calls of one request through the package."""

    calls: int = 0
    hops: int = 0
    returns: int = 0
    readings: int = 0
    """How often the clock was read."""

    files: list[str] = field(default_factory=list)
    """In the order of the first visit."""

    _inside: list[str] = field(default_factory=list, repr=False)
    _generators: set[FrameType] = field(default_factory=set, repr=False)

    def follow(self, frame: FrameType, event: str, _: object) -> None:
        """Record a call or a return, as `sys.setprofile` reports it."""
        if event not in ("call", "return"):
            return
        file = file_of(frame.f_code)
        if file is None:
            return
        if event == "return":
            if self._inside:
                self._inside.pop()
            return
        if self._is_call(frame):
            self._count(file)
            self.readings += frame.f_code is now.__code__
        self._inside.append(file)

    def _is_call(self, frame: FrameType) -> bool:
        """Whether this is no comprehension, and no generator that goes on."""
        if frame.f_code.co_name.startswith("<") and frame.f_code.co_name != "<lambda>":
            return False
        if not frame.f_code.co_flags & CO_GENERATOR:
            return True
        known = frame in self._generators
        self._generators.add(frame)
        return not known

    def _count(self, file: str) -> None:
        self.calls += 1
        if not self.files:
            self.files.append(file)
        elif file != (self._inside[-1] if self._inside else None):
            self.hops += 1
            if file not in self.files:
                self.files.append(file)
            elif file not in self._inside:
                self.returns += 1


@cache
def file_of(code: CodeType) -> str | None:
    """The path of a module of ours below the package, or None."""
    path = Path(code.co_filename)
    if path.suffix != ".py" or not path.is_relative_to(PACKAGE):
        return None
    return path.relative_to(PACKAGE).as_posix()


@contextmanager
def record_walk() -> Iterator[Walk]:
    """The walk of what runs inside the block, in this thread."""
    walk, before = Walk(), sys.getprofile()
    sys.setprofile(walk.follow)
    try:
        yield walk
    finally:
        sys.setprofile(before)


class Flows:
    """The main flows at a host; `walks` has the way of each request by its name."""

    def __init__(self, host: Host, **request: str) -> None:
        self.host, self.request = host, request
        self.client = host.register_client()
        self.walks: dict[str, Walk] = {}
        for number in range(ROUNDS):
            token = self._run_user_flows(f"person {number}")
            self._run_client_flows(token)

    def _record(self, name: str, action: Callable[[], Answer]) -> Answer:
        with record_walk() as walk:
            answer = action()
        self.walks[name] = walk
        return answer

    def _run_user_flows(self, name: str) -> str:
        """A user consents and returns; returns an access token."""
        browser = self.host.browser()
        browser.get(f"/login?name={name}")
        parameters = build_authorization_request(**self.request)
        answer = self._record(
            "GET authorize, consent needed",
            lambda: browser.get("/oauth/authorize", parameters, status=303),
        )
        page = self._record("GET consent page", answer.follow)
        form = page.forms["oauth-consent"]
        self._record(
            "POST consent page, allow",
            lambda: form.submit("decision", value="allow", status=303),
        )
        answer = self._record(
            "GET authorize, remembered consent",
            lambda: browser.get("/oauth/authorize", parameters, status=303),
        )
        tokens = self._token(
            "code", build_code_exchange(parse_redirect(answer)["code"], self.client)
        )
        refresh_form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            **self.client,
        }
        access_token: str = self._token("refresh", refresh_form)["access_token"]
        return access_token

    def _token(self, name: str, form: dict[str, str]) -> Any:
        browser = self.host.browser()
        post = self._record(
            f"POST token, {name}",
            lambda: browser.post("/oauth/token", form, status=200),
        )
        return post.json

    def _run_client_flows(self, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        browser = self.host.browser()
        answer = self._record(
            "POST token, client_credentials",
            lambda: request_client_token(self.host, self.client),
        )
        assert answer.status_int == 200
        self._record(
            "GET protected view, bearer check",
            lambda: browser.get("/me", headers=headers, status=200),
        )
        if isinstance(self.host, Provider):
            self._record(
                "GET userinfo",
                lambda: browser.get("/oauth/userinfo", headers=headers, status=200),
            )
        form = {"token": token, **self.client}
        self._record(
            "POST introspect",
            lambda: browser.post("/oauth/introspect", form, status=200),
        )


def walk_flows(folder: Path) -> dict[str, dict[str, Walk]]:
    """The walks of all flows on SQLite, at a server without OpenID and with it."""
    urls = {name: f"sqlite:///{folder}/{name}.sqlite" for name in ("oauth", "openid")}
    hosts = {"OAuth": Host(urls["oauth"]), "OpenID": Provider(urls["openid"])}
    scope = {"scope": "openid read write", "nonce": "n-0S6_WzA2Mj"}
    walks = {
        name: Flows(host, **(scope if name == "OpenID" else {})).walks
        for name, host in hosts.items()
    }
    for host in hosts.values():
        host.engine.dispose()
    return walks


def format_table(walks_by_server: dict[str, dict[str, Walk]]) -> str:
    """The walks as lines of text."""
    lines = [f"{'':42}{'files':>6}{'hops':>6}{'returns':>9}{'calls':>7}"]
    for server, walks in walks_by_server.items():
        for name, walk in walks.items():
            lines.append(
                f"{server:7} {name:34}{len(walk.files):6}{walk.hops:6}"
                f"{walk.returns:9}{walk.calls:7}"
            )
        visited = {file for walk in walks.values() for file in walk.files}
        lines.append(f"{server:7} {'all of them':34}{len(visited):6}")
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print(format_table(walk_flows(Path(folder))))


if __name__ == "__main__":
    main()
