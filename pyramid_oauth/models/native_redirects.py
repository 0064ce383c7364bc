"""Redirect URIs of native clients whose scheme has no domain name.

RFC 8252 section 7.1 requires one; clients such as `cursor` and `vscode` have none. A
setting names what is accepted of all clients, and an administrator what an application
of his may have besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.application import Application
from pyramid_oauth.models.redirect_uris import (
    SCRIPT_SCHEMES,
    Rules,
    first_difference,
    validation_error,
)
from pyramid_oauth.settings import PREFIX

NATIVE_REDIRECT_URIS = "native_redirect_uris"
"""Ours: the member with the native URIs and schemes of an application."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):\Z")

_NOT_PRIVATE = SCRIPT_SCHEMES | {"http", "https"}


def native_redirects(words: Iterable[str]) -> frozenset[str]:
    """Return private-use URIs and schemes (`vscode:`) for `Rules.native`.

    Raises:
        ConfigurationError: One is neither, or has a scheme that is never allowed.
    """
    given = frozenset(words)
    for word in given:
        problem = _problem(word)
        if problem:
            raise ConfigurationError(
                f"{PREFIX}{NATIVE_REDIRECT_URIS}: {word} {problem}"
            )
    return given


def _problem(word: str) -> str | None:
    scheme = word.partition(":")[0].lower()
    if scheme in _NOT_PRIVATE:
        return "has a scheme that is not private"
    if _SCHEME.match(word):
        return None
    problem = validation_error(word, Rules(native=frozenset({word})))
    return None if problem is None else str(problem)


def rules_of(application: Application, rules: Rules) -> Rules:
    """Return `rules`, with what an administrator has allowed `application` besides."""
    own = (application.client_metadata or {}).get(NATIVE_REDIRECT_URIS)
    if not isinstance(own, list) or application.is_self_service:
        return rules
    return replace(rules, native=rules.native.union(map(str, own)))


def is_own_native(application: Application, requested: str, rules: Rules) -> bool:
    """Whether the application may use a redirect URI by what it is allowed besides."""
    own = rules_of(application, rules)
    return own is not rules and any(
        first_difference(registered, requested, own) is None
        for registered in application.redirect_uris.split()
    )
