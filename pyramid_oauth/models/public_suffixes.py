"""The Public Suffix List: domains below which different parties register names.

https://publicsuffix.org; its private section (such as github.io) counts, too. The list
is that of the installed package; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.path import DottedNameResolver

from pyramid_oauth.errors import ConfigurationError


def load_public_suffixes() -> Callable[[str], bool]:
    """Return a function that tells whether a host name is a public suffix.

    Raises:
        ConfigurationError: The package `publicsuffixlist` is not installed.
    """
    try:
        suffixes = DottedNameResolver().resolve("publicsuffixlist.PublicSuffixList")()
    except ImportError as error:
        raise ConfigurationError(
            "pyramid_oauth.allow_redirect_wildcards requires the Public Suffix List: "
            "pip install 'pyramid_oauth[wildcards]'"
        ) from error

    def is_public_suffix(host: str) -> bool:
        return bool(suffixes.is_public(host))

    return is_public_suffix
