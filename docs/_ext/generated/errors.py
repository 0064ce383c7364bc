"""The errors that clients get, from the classes that the server can raise."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import oauthlib

from docs._ext.generated.application import PACKAGE, owner, subclasses
from docs._ext.generated.markup import code, prose, table
from pyramid_oauth.errors import OAuth2Error
from pyramid_oauth.resource.verify import user_authentication

ENGINE = Path(oauthlib.__file__).parent
SERVER_SIDE = ("oauth2/rfc6749", "openid/connect/core")


OF_VIEWS = (
    (
        code(user_authentication.ERROR),
        "401",
        f"{user_authentication.DESCRIPTION[:-1]} (RFC 9470 section 3).",
        "resource",
    ),
    (code("not_found"), "404", "There is no such user.", "global_token_revocation"),
)
"""What views answer without an exception."""


def text() -> str:
    """Every error code with its statuses, and what it means."""
    by_code: dict[str, list[type[Any]]] = defaultdict(list)
    for error in raised():
        by_code[error.error].append(error)
    rows = [
        (code(name), _statuses(classes), _meaning(classes), _owners(classes))
        for name, classes in by_code.items()
    ]
    rows.extend(OF_VIEWS)
    rows.sort()
    return table(("Code", "Status", "Meaning", "From"), rows, "25 10 50 15")


def raised() -> list[type[Any]]:
    """The error classes that our code names, or oauthlib's half of a server."""
    return [
        error
        for error in subclasses(OAuth2Error)
        if error.error and error.__name__ in _named()
    ]


@cache
def _named() -> frozenset[str]:
    folders = [ENGINE / side / part for side in SERVER_SIDE for part in _PARTS]
    files = [file for each in (PACKAGE, *folders) for file in each.rglob("*.py")]
    sources = "".join(file.read_text(encoding="utf-8") for file in files)
    return frozenset(re.findall(r"\b[A-Z]\w+\b", sources))


_PARTS = ("endpoints", "grant_types")


def _statuses(classes: list[type[Any]]) -> str:
    return ", ".join(map(str, sorted({each.status_code for each in classes})))


def _meaning(classes: list[type[Any]]) -> str:
    """What our classes say, then the general one of oauthlib; each sentence once."""
    ours = [each for each in classes if _is_ours(each)]
    theirs = [each for each in classes if not _is_ours(each)]
    general = [each for each in theirs if OAuth2Error in each.__bases__] or theirs
    told = [_sentence(each) for each in (*ours, *general)]
    return "\n\n".join(dict.fromkeys(filter(None, told)))


def _sentence(error: type[Any]) -> str:
    """The first sentence of the docstring, else the description that is sent."""
    if told := vars(error).get("__doc__"):
        words = re.sub(r"https?://\S+|[*]", "", " ".join(told.split()))
        return prose(re.split(r"(?<!e\.g)\. (?=[A-Z(])", words)[0].strip(" .") + ".")
    return error.description if isinstance(error.description, str) else ""


def _is_ours(error: type[Any]) -> bool:
    return error.__module__.startswith("pyramid_oauth.")


def _owners(classes: list[type[Any]]) -> str:
    ours = {owner(each.__module__) for each in classes if _is_ours(each)}
    theirs = {"oauthlib" for each in classes if not _is_ours(each)}
    return ", ".join(sorted(ours | theirs))
