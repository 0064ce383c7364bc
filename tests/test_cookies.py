"""Cookie headers that WebOb reads in quadratic time or refuses."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webob.cookies import RequestCookies

from pyramid_oauth.cookies import HEADER, clean, keep_readable
from tests.support.wsgi import status_of

SLOW_HEADERS = {
    "no-equals-sign": "a" * 40_000,
    "no-name": "=" + "a" * 40_000,
    "after-quoted-value": 'a="x"' + "b" * 40_000,
    "after-comma": "a=b," + "c" * 40_000,
    "after-non-ascii": "a=\xff" + "c" * 40_000,
    "before-white-space": "a" * 20_000 + " " * 20_000,
}


def parse_cookies(header: str) -> dict[str, str] | None:
    """The cookies that WebOb reads; None if it fails."""
    try:
        return dict(RequestCookies({HEADER: header}))
    except UnicodeDecodeError:
        return None


def names_between_semicolons(header: str) -> set[str]:
    """The names of the cookies that a browser has sent (RFC 6265 section 5.4)."""
    return {part.partition("=")[0].strip(" \t") for part in header.split(";")}


@given(st.text(alphabet='ab=;, "\\1[{\xc3\xa4\xff', max_size=40))
def test_no_cookie_is_read_that_was_not_sent(header: str) -> None:
    readable = parse_cookies(keep_readable(header))
    assert readable is not None
    assert readable.keys() <= names_between_semicolons(header)


@given(st.lists(st.text(alphabet="ab1[{\xc3\xa4", min_size=1), min_size=1, max_size=4))
def test_the_cookies_that_webob_reads_are_kept(values: list[str]) -> None:
    pairs = (f"name{number}={value}" for number, value in enumerate(values))
    header = "; ".join(pairs)
    readable = parse_cookies(keep_readable(header))
    assert readable is not None
    assert parse_cookies(header) in (None, readable)


FOREIGN = {
    "in-a-value": "foo=bar __Host-session=evil",
    "in-json": 'foo={"a":"b __Host-session=evil"}',
    "after-a-comma": "foo=bar,__Host-session=evil",
    "in-a-name": "foo __Host-session=evil",
    "in-a-name-with-comma": "foo,__Host-session=evil",
    "after-other-letters": "\xc3\xa9__Host-session=evil",
    "after-white-space": "\xc2\xa0__Host-session=evil",
    "after-a-control-character": "\x85__Host-session=evil",
    "after-a-quoted-value": 'foo="bar"__Host-session=evil',
    "between-quotes": 'foo="; __Host-session=good; bar="',
    "none": "foo=bar",
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.spec("RFC 6265", "5.4")
def test_no_other_host_of_the_domain_sets_a_cookie_with_our_prefix(
    foreign: str, is_first: bool
) -> None:
    own = "__Host-session=good"
    environ = {HEADER: f"{own}; {foreign}" if is_first else f"{foreign}; {own}"}
    clean(environ)
    assert RequestCookies(environ)["__Host-session"] == "good"
    alone = {HEADER: foreign}
    clean(alone)
    assert RequestCookies(alone).get("__Host-session", "good") == "good"


NAMES = st.sampled_from(["a", "b", "$a", "a:b", "Path", "__Host-a"])

VALUES = st.text(alphabet="ab=-/.'$", max_size=6)


@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=4), st.booleans())
def test_the_cookies_of_a_usual_header_are_those_that_webob_finds(
    pairs: list[tuple[str, str]], has_spaces: bool
) -> None:
    separator = "; " if has_spaces else ";"
    header = separator.join(f"{name}={value}" for name, value in pairs)
    environ = {HEADER: header}
    clean(environ)
    assert list(RequestCookies(environ).items()) == list(
        RequestCookies({HEADER: header}).items()
    )


@pytest.mark.parametrize("header", SLOW_HEADERS.values(), ids=SLOW_HEADERS)
def test_a_cookie_beside_a_slow_part_is_read_quickly(header: str) -> None:
    began = process_time()
    readable = parse_cookies(keep_readable(f"session=x; {header}; last=y"))
    assert process_time() - began < 0.3
    assert readable is not None
    assert readable["session"] == "x"


def test_a_long_cookie_is_left_as_it_is() -> None:
    header = f'session={"A" * 4000}; prefs="{"b" * 300}"; shop={{"a": [1, 2]}}'
    assert keep_readable(header) == header


def cookie_reading_tween(handler: Any, registry: Any) -> Any:
    """A tween of a host that reads a cookie of every request."""

    def tween(request: Any) -> Any:
        request.cookies.get("theme")
        return handler(request)

    return tween


def add_cookie_reading_tween(config: Any) -> None:
    config.add_tween("tests.test_cookies.cookie_reading_tween")


@pytest.mark.parametrize(
    "configure", [None, add_cookie_reading_tween], ids=["library-alone", "host-tween"]
)
@pytest.mark.parametrize(
    "path",
    ["oauth/authorize", "oauth/authorize/" + "x" * 43, "oauth/end_session", "me"],
    ids=["authorize", "stored-request", "end_session", "page-of-the-host"],
)
def test_a_host_answers_a_slow_cookie_header_quickly(
    new_host: Any, configure: Any, path: str
) -> None:
    """The library's endpoints and the host's pages, without a further include."""
    host = new_host(configure, openid="true")
    began = process_time()
    environ = {"HTTP_COOKIE": SLOW_HEADERS["no-equals-sign"]}
    assert status_of(host.wsgi, f"/{path}", **environ) < 500
    assert process_time() - began < 0.3
