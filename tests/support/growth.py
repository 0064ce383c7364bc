"""How time and memory of a request grow with the size of its input."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time
from typing import Any
from urllib.parse import quote_plus

from tests.support.wsgi import FORM, status_of

SMALL, LARGE = 15_000, 60_000

ALWAYS_ACCEPTED = 0.15
"""Seconds of a LARGE request that pass without a comparison."""

ALWAYS_REFUSED = 3
"""Seconds of a LARGE request that fail without a comparison."""

FACTOR = 8
"""A LARGE request may cost this many SMALL ones; quadratic time makes sixteen."""

UNITS = ("a", "-", "a-", " ", "a ", "=", "[", '{"', "\\", '"', ",", "; ", "&a=", "./")
"""Repeated texts that may make a regular expression or a split slow."""

HEADERS = (
    "HTTP_COOKIE",
    "HTTP_AUTHORIZATION",
    "HTTP_ORIGIN",
    "HTTP_REFERER",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "CONTENT_TYPE",
)

STARTS = {
    "HTTP_AUTHORIZATION": ("", "Basic ", "Bearer "),
    "HTTP_COOKIE": ("", "=", 'a="x"'),
    "HTTP_ORIGIN": ("", "https://"),
    "CONTENT_TYPE": ("", f"{FORM};"),
}

Environ = dict[str, Any]

PLAIN: Environ = {"wsgi.url_scheme": "http"}
"""Over https Pyramid refuses a form without Origin before it parses it."""

Make = Callable[[int], Environ]
"""The WSGI environment of a request with so many characters."""


def header_requests() -> Iterator[tuple[str, Make]]:
    """Requests with one long header."""
    for name in HEADERS:
        for start in STARTS.get(name, ("",)):
            for unit in UNITS:
                yield f"{name} {start!r} {unit!r}", partial(_header, name, start, unit)


def parameter_requests(names: list[str], base: str) -> Iterator[tuple[str, Make]]:
    """Requests with one long parameter beside `base`, in the query and in the body."""
    for name in names:
        for unit in UNITS:
            yield f"query {name} {unit!r}", partial(_query, base, name, unit)
            yield f"form {name} {unit!r}", partial(_form, base, name, unit)


def body_requests() -> Iterator[tuple[str, Make]]:
    """Requests with a body below the limit, and with one far beyond it."""
    for kind in (FORM, "application/json", "multipart/form-data; boundary=a", ""):
        for unit in (*UNITS, "a=&", "&", "%61", '{"a":', "\n", "--a\r\n"):
            for times in (1, 40):
                name = f"body {kind} {unit!r} x {times}"
                yield name, partial(_body, kind, unit, times)


def _header(name: str, start: str, unit: str, size: int) -> Environ:
    return {name: start + repeat_unit(unit, size)}


def _query(base: str, name: str, unit: str, size: int) -> Environ:
    escaped = quote_plus(unit)
    value = escaped * (size // len(escaped))
    return {"QUERY_STRING": f"{base}&{name}={value}"}


def _form(base: str, name: str, unit: str, size: int) -> Environ:
    body = _query(base, name, unit, size)["QUERY_STRING"].encode()
    return {"method": "POST", "body": body}


def _body(kind: str, unit: str, times: int, size: int) -> Environ:
    body = repeat_unit(unit, size * times).encode()
    return {"method": "POST", "CONTENT_TYPE": kind, "body": body}


def repeat_unit(unit: str, size: int) -> str:
    """Repeat `unit` up to `size` characters."""
    return (unit * (size // len(unit) + 1))[:size]


def measure_seconds(app: Any, path: str, environ: Environ) -> float:
    """CPU time of one request, which must not be a server error."""
    began = process_time()
    assert status_of(app, path, **{**PLAIN, **environ}) < 500
    return process_time() - began


def is_linear(app: Any, path: str, make: Make) -> bool:
    """Whether time grows at most linearly; measured again where it seems not to."""
    large = make(LARGE)
    first = measure_seconds(app, path, large)
    if not ALWAYS_ACCEPTED < first < ALWAYS_REFUSED:
        return first < ALWAYS_REFUSED
    best = min(measure_seconds(app, path, large) for _ in range(3))
    small = min(measure_seconds(app, path, make(SMALL)) for _ in range(3))
    return best < max(ALWAYS_ACCEPTED, FACTOR * small)


def measure_peak(app: Any, path: str, environ: Environ) -> int:
    """The most bytes that one request allocates."""
    tracemalloc.start()
    try:
        status_of(app, path, **{**PLAIN, **environ})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
