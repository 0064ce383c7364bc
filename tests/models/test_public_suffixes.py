"""Wildcard redirect URIs below public suffixes are refused."""

from __future__ import annotations

import sys

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.application_validation import ApplicationRules
from pyramid_oauth.models.public_suffixes import load_public_suffixes
from pyramid_oauth.models.redirect_uris import first_difference, validation_error
from pyramid_oauth.server import SERVER

SUFFIXES = ("com", "co.uk", "github.io", "xn--p1ai", "kawasaki.jp", "s3.amazonaws.com")


@pytest.fixture(scope="module")
def suffix_rules():
    return ApplicationRules(
        wildcards=True, http=True, is_public_suffix=load_public_suffixes()
    )


@pytest.mark.spec("RFC 9700", "2.1")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_wildcard_below_a_public_suffix_is_refused(suffix_rules, suffix):
    pattern = f"https://*.{suffix}/cb"
    problem = validation_error(pattern, suffix_rules)
    assert problem
    if suffix.count("."):
        assert f"below the public suffix {suffix}" in problem
    assert (
        first_difference(pattern, f"https://evil.{suffix}/cb", suffix_rules) == "host"
    )


@pytest.mark.parametrize("host", ["example.co.uk", "me.github.io", "example.com"])
def test_a_wildcard_below_a_registered_name_is_accepted(suffix_rules, host):
    pattern = f"https://*.{host}/cb"
    assert validation_error(pattern, suffix_rules) is None
    assert first_difference(pattern, f"https://a.{host}/cb", suffix_rules) is None


@pytest.mark.filterwarnings("ignore:pyramid_oauth.allow_redirect_wildcards")
def test_the_server_uses_the_list_where_it_allows_wildcards(new_host, monkeypatch):
    settings = {"allow_redirect_wildcards": "true"}
    host = new_host(**settings)
    rules = host.wsgi.registry[SERVER].application_rules
    assert "public suffix" in validation_error("https://*.co.uk/cb", rules)
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    with pytest.raises(ConfigurationError, match=r"pyramid_oauth\[wildcards\]"):
        new_host(**settings)
