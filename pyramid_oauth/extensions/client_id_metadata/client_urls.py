"""Client identifiers that are URLs, and lists of them.

Client ID Metadata Document draft 01, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyramid_oauth.fetch import FetchError, Target
from pyramid_oauth.models.redirect_uris import Rules, is_loopback

LONGEST = 255
"""Characters of a client_id that the column holds."""

_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:/|\?|\Z)", re.IGNORECASE)

_HOST = re.compile(
    r"(?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+\Z|\[[0-9a-f:.]+\]\Z", re.IGNORECASE
)


def is_client_url(client_id: str, *, with_localhost: bool) -> bool:
    """Whether `client_id` claims to be the URL of a metadata document."""
    if client_id.startswith("https://"):
        return True
    return with_localhost and client_id.startswith("http://")


def parse_client_url(client_id: str, *, with_localhost: bool) -> Target | None:
    """Return the parts of a client identifier URL; None if it is not a valid one."""
    if len(client_id) > LONGEST or _DOT_SEGMENT.search(client_id):
        return None
    try:
        target = Target.parse(client_id, allow_http=with_localhost)
    except FetchError:
        return None
    if target.scheme == "http" and not is_local(target):
        return None
    # `Target` gives a URL without a path one.
    has_path = "/" in client_id.partition("://")[2]
    return target if has_path else None


def is_local(target: Target) -> bool:
    """Whether the URL names this machine by a loopback address."""
    return is_loopback(target.host, Rules(localhost=True))


class UrlPatterns:
    """A list of hosts, URLs, and beginnings of URLs.

    Args:
        words: Hosts, `*.` and a host for those below it, URLs, or the beginnings of
            URLs, up to a slash and followed by `*`.

    Raises:
        ValueError: A word is none of these.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        urls = [word for word in words if "://" in word]
        hosts = [word.lower() for word in words if "://" not in word]
        for word in words:
            if not (_is_url_pattern(word) if word in urls else _HOST.match(word)):
                raise ValueError(
                    f"{word!r} is no host (`example.com`, `*.example.com`), no URL and "
                    "no beginning of a URL (`https://example.com/clients/*`)"
                )
        self._hosts = frozenset(host.strip("[]") for host in hosts)
        self._suffixes = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._urls = frozenset(urls)
        self._beginnings = tuple(url[:-1] for url in urls if url.endswith("/*"))

    def __bool__(self) -> bool:
        return bool(self.words)

    def match(self, target: Target, client_id: str) -> bool:
        """Whether the list has the URL `client_id`, whose parts are `target`."""
        return (
            target.host in self._hosts
            or target.host.endswith(self._suffixes)
            or client_id in self._urls
            or client_id.startswith(self._beginnings)
        )


def _is_url_pattern(word: str) -> bool:
    """Whether a word is a URL, or the beginning of one up to a slash of its path."""
    if not word.endswith("*"):
        return "*" not in word
    return word.endswith("/*") and word.count("/") > 2 and word.count("*") == 1
