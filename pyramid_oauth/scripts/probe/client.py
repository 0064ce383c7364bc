"""HTTP client of the probes: any status, no redirects, bounded time and size.

The operator names the first URL. URLs in the answers of the deployment lead to private
addresses only if the operator's own URL does.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from pyramid_oauth.fetch.dns_pinning import PinningResolver, Resolver, system_resolver
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.transport import Deadline, Exchange, Reply
from pyramid_oauth.fetch.url import Target
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.jose.json import json_object

TIMEOUT = 10.0

MAX_BYTES = 262_144

ORIGIN = "https://mcp-check.invalid"
"""The origin of a script in a browser, which may read what the deployment allows."""

_EXPLANATIONS = {
    Reason.UNRESOLVED: "its host name does not resolve",
    Reason.CONNECT: "nothing answers there",
    Reason.TLS: "the TLS handshake failed (certificate, host name or version)",
    Reason.TIMEOUT: f"there was no answer within {TIMEOUT:.0f} seconds",
    Reason.SIZE: f"the answer is larger than {MAX_BYTES} bytes",
    Reason.ADDRESS: "it leads to a private address, from a public deployment",
    Reason.PROTOCOL: "the answer is not valid HTTP",
}

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """The response to one request, or why there is none."""

    url: str
    reply: Reply | None = None
    failure: FetchError | None = None

    @property
    def status(self) -> int:
        """The HTTP status; 0 without a response."""
        return self.reply.status if self.reply else 0

    def header(self, name: str) -> str:
        """Return the value of a header; empty without it."""
        return self.reply.header(name) if self.reply else ""

    def headers(self, name: str) -> list[str]:
        """Return each value of a header that may be there several times."""
        wanted = name.lower().encode()
        found = self.reply.headers if self.reply else []
        return [
            value.decode("latin-1") for key, value in found if key.lower() == wanted
        ]

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The JSON object of the body; None if it is none, or parsers disagree."""
        try:
            return json_object(self.reply.body) if self.reply else None
        except KeysError:
            return None

    @property
    def is_document(self) -> bool:
        """Whether this is a successful response with a JSON object."""
        return self.status == 200 and self.document is not None

    @property
    def described(self) -> str:
        """What came, for the end of a sentence."""
        if self.failure is not None:
            reason = self.failure.reason
            return _EXPLANATIONS.get(reason, f"the URL is not allowed ({reason})")
        if self.status == 200 and self.document is None:
            return "the body is not a JSON object"
        return f"the status is {self.status}"

    @property
    def is_readable_by_scripts(self) -> bool:
        """Whether a script of any origin may read this (CORS)."""
        return self.header("Access-Control-Allow-Origin") in ("*", ORIGIN)


@dataclass
class ProbeClient:
    """Sends the requests of a probe of the deployment at `named_url`."""

    named_url: str
    resolver: Resolver = system_resolver
    ssl_context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def __post_init__(self) -> None:
        self._look_up = _remember(self.resolver)
        self._resolver = self._new_resolver(allow_private=False)
        if self._is_private():
            self._resolver = self._new_resolver(allow_private=True)

    def _new_resolver(self, *, allow_private: bool) -> PinningResolver:
        return PinningResolver(
            self._look_up, allow_private=allow_private, max_concurrent=1
        )

    def _is_private(self) -> bool:
        """Whether the operator named a URL at a private address."""
        try:
            target = Target.parse(self.named_url, allow_http=True)
            self._resolver.resolve(target, Deadline(TIMEOUT))
        except FetchError as error:
            return error.reason is Reason.ADDRESS
        return False

    def with_tls(self, ssl_context: ssl.SSLContext) -> ProbeClient:
        """Return a client for the same addresses, with another context."""
        other = copy(self)
        other.ssl_context = ssl_context
        return other

    def get(self, url: str, **headers: str) -> Answer:
        """Return the answer to a GET request, as of a script in a browser."""
        accept = {"Accept": "application/json", "Origin": ORIGIN}
        return self.send("GET", url, accept | headers)

    def post_json(self, url: str, content: object, **headers: str) -> Answer:
        """Return the answer to a POST request with JSON."""
        fixed = {"Content-Type": "application/json", "Accept": "application/json"}
        return self.send("POST", url, fixed | headers, json.dumps(content).encode())

    def post_form(self, url: str, fields: Mapping[str, str], **further: str) -> Answer:
        """Return the answer to a POST request with a form."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            **further,
        }
        return self.send("POST", url, headers, urlencode(fields).encode())

    def send(
        self, method: str, url: str, headers: Headers, body: bytes | None = None
    ) -> Answer:
        """Send one request; failures are answers, too."""
        deadline = Deadline(TIMEOUT)
        try:
            target = Target.parse(url, allow_http=True)
            addresses = self._resolver.resolve(target, deadline)
            exchange = Exchange(target, addresses, deadline, self.ssl_context)
            reply = exchange.send(
                method, dict(headers), body, max_bytes=MAX_BYTES, has_any_status=True
            )
        except FetchError as error:
            return Answer(url, failure=error)
        return Answer(url, reply)


def _remember(resolver: Resolver) -> Resolver:
    """Return a resolver that asks for each host once.

    A name that is private when the probe begins, so that private addresses are allowed,
    could be that of a hostile server afterwards (DNS rebinding).
    """
    known: dict[str, Sequence[str]] = {}

    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in known:
            known[host] = resolver(host, port)
        return known[host]

    return resolve


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """Return `url` with more parameters in its query."""
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode(parameters)}"


def path_of(url: str) -> str:
    """Return the path of `url` without a slash at its end; empty if it has none."""
    return _split(url).path.rstrip("/")


def on_host_of(url: str, path: str) -> str:
    """Return the URL of `path` on the host of `url`."""
    parts = _split(url)
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def has_same_origin(url: str, other: str) -> bool:
    """Whether both URLs have the same scheme, host and port."""
    return _split(url)[:2] == _split(other)[:2]


def _split(url: str) -> SplitResult:
    """Return the parts of `url`; empty ones for what is no URL."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def is_local(url: str) -> bool:
    """Whether the host of `url` is a loopback name or address by its spelling."""
    host = _split(url).hostname or ""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def is_secure(url: object) -> bool:
    """Whether `url` is https, or leads to this machine."""
    return isinstance(url, str) and (url.startswith("https://") or is_local(url))
