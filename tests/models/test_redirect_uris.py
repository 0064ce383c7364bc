"""Redirect URIs: what may be registered is what may be used, and nothing beside it.

RFC 6749 section 3.1.2, RFC 8252 sections 7 and 8, RFC 9700 section 2.1.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as some

from pyramid_oauth.models.application_validation import ApplicationRules
from pyramid_oauth.models.redirect_uris import (
    SCRIPT_SCHEMES,
    first_difference,
    validation_error,
)
from tests.support.models import Application

COMPONENTS = {"scheme", "host", "port", "path", "query"}
OTHER_REASONS = {"syntax", "spelling", "validity"}
LENIENT = ApplicationRules(localhost=True, wildcards=True, http=True)

rules = some.builds(ApplicationRules, some.booleans(), some.booleans(), some.booleans())
labels = some.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
names = (
    some.lists(labels, min_size=2, max_size=4)
    .map(".".join)
    .filter(lambda name: not name.startswith("127."))
)
ports = some.integers(1, 65535)
words = some.text("abcXYZ019-._~!$&'()*+,;=:@%2F", max_size=8).filter(
    lambda text: not re.search(r"%(?![0-9A-Fa-f]{2})", text)
)
paths = some.lists(words, max_size=3).map(lambda found: "".join("/" + w for w in found))
queries = some.one_of(some.just(""), words.map(lambda text: "?" + text))
loopback = some.sampled_from(["127.0.0.1", "127.8.0.9", "[::1]"])
odd_hosts = some.one_of(
    loopback,
    some.sampled_from(["localhost", "*.example.org", "*", "a;b", "a,b", "[::1", ""]),
    some.sampled_from(["0.0.0.0", "a.org[::1]", "[::1%25lo]", "%61.org", "a.org."]),
)
hosts = some.one_of(names, odd_hosts)
private = names.map(lambda name: f"{name.lstrip('0123456789-') or 'a'}.app")
schemes = some.sampled_from(["https", "http", "HTTPS", "myapp", *SCRIPT_SCHEMES])
authorities = some.builds(
    lambda host, port: f"//{host}{port}",
    hosts,
    some.one_of(some.just(""), some.just(":"), ports.map(":{}".format)),
)
uris = some.one_of(
    some.builds(
        "{}:{}{}{}{}".format,
        some.one_of(schemes, private),
        some.one_of(authorities, authorities, some.just("")),
        paths,
        queries,
        some.sampled_from(["", "", "", "#", "#x"]),
    ),
    some.text(max_size=30),
)
https = some.builds("https://{}{}{}".format, names, paths, queries)


def registered(uri):
    return Application(
        client_id="a", redirect_uris=uri, client_secret="$argon2", name="a"
    )


def has_wildcard(uri):
    return "*" in urlsplit(uri).netloc


@pytest.mark.spec("RFC 9700", "4.1.3")
@given(uris, rules)
@example("https://a;b/cb", ApplicationRules())
@example("http://evil.example[::1]/cb", ApplicationRules())
@example("https://*.example.org/cb", LENIENT)
def test_a_redirect_uri_is_usable_exactly_when_it_can_be_registered(uri, rules):
    application = registered(uri)
    assume(application.redirect_uris.split() == [uri])
    can_be_registered = "redirect_uris" not in application.field_errors(rules)
    assert can_be_registered is (validation_error(uri, rules) is None)
    if can_be_registered:
        # A wildcard stands for hosts; it is none.
        assert application.redirect_uri_allowed(uri, rules) is not has_wildcard(uri)
    else:
        assert not application.redirect_uri_allowed(uri, rules)


def without_port(uri):
    """`uri` on a loopback literal or localhost less its port, or None elsewhere."""
    found = re.fullmatch(
        r"(http://(?:127(?:\.\d+){3}|\[::1\]|localhost))(?::\d*)?((?:[/?].*)?)", uri
    )
    return found and found[1] + found[2]


def is_filled_in(wild, uri):
    """Whether `uri` is `wild` with one label for its star."""
    before, _, after = wild.partition("*")
    middle = uri.removeprefix(before).removesuffix(after)
    return uri == before + middle + after and re.fullmatch("[A-Za-z0-9-]+", middle)


@some.composite
def pairs(draw):
    """Two URIs that differ in little, or in everything."""
    one = draw(uris)
    if draw(some.booleans()):
        return one, draw(uris)
    kept = re.fullmatch(r"([^:]*:)(//[^/?]*)?(.*)", one, re.DOTALL)
    if kept is None:
        return one, one.swapcase()
    scheme = draw(some.sampled_from([kept[1], f"{draw(schemes)}:", kept[1].upper()]))
    authority = draw(some.sampled_from([kept[2] or "", draw(authorities)]))
    return one, f"{scheme}{authority}{kept[3]}"


@given(pairs(), rules)
@example(("https://*.example.org/cb", "https://a.example.org/cb"), LENIENT)
@example(("https://*.example.org/cb", "https://a.b.example.org/cb"), LENIENT)
@example(("http://127.0.0.1:1/cb", "HTTP://127.0.0.1:2/cb"), ApplicationRules())
@example(("http://[::1]:1/cb?", "http://[::1]:2/cb"), ApplicationRules())
@pytest.mark.spec("RFC 9700", "2.1")
def test_only_an_identical_redirect_uri_matches(pair, rules):
    """But for the port of a loopback address and, by opt-in, one label."""
    one, other = pair
    if one == other or first_difference(one, other, rules) is not None:
        return
    same_but_for_port = without_port(one) is not None and (
        without_port(one) == without_port(other)
    )
    assert same_but_for_port or (rules.wildcards and is_filled_in(one, other))
    assert rules.localhost or "//localhost" not in one


@pytest.mark.spec("RFC 9700", "4.1.3")
@given(https, some.data())
def test_an_altered_redirect_uri_does_not_match(uri, data):
    at = data.draw(some.integers(0, len(uri)))
    cut = data.draw(some.integers(at, len(uri)))
    changed = uri[:at] + data.draw(some.text(max_size=5)) + uri[cut:]
    assume(changed != uri)
    assert first_difference(uri, changed) is not None
    assert not registered(uri).redirect_uri_allowed(changed)


@given(pairs(), rules)
def test_every_refusal_has_a_reason_for_the_log(pair, rules):
    assert first_difference(*pair, rules) in {None, *COMPONENTS, *OTHER_REASONS}


@given(names, names, ports, ports, paths, paths, queries, queries)
def test_a_refusal_names_the_component_that_differs(
    host, host_2, port, port_2, path, path_2, query, query_2
):
    def uri(scheme="https", host=host, port=port, path=path, query=query):
        return f"{scheme}://{host}:{port}{path}{query}"

    lenient = ApplicationRules(http=True)
    for name, changed, differs in (
        ("scheme", uri(scheme="http"), True),
        ("host", uri(host=host_2), host != host_2),
        ("port", uri(port=port_2), port != port_2),
        ("path", uri(path=path_2), path != path_2),
        ("query", uri(query=query_2), query != query_2),
    ):
        assert first_difference(uri(), changed, lenient) == (name if differs else None)


@given(loopback, ports, ports, paths, queries)
@pytest.mark.spec("RFC 8252", "7.3")
def test_a_loopback_address_matches_on_any_port(host, port, port_2, path, query):
    one, other = (f"http://{host}:{each}{path}{query}" for each in (port, port_2))
    assert first_difference(one, other) is None
    assert (
        first_difference(f"http://{host}{path}", f"http://{host}:{port}{path}") is None
    )


@given(some.sampled_from(["https://127.0.0.1", "https://app.example"]), ports, ports)
def test_other_addresses_match_with_their_port_only(base, port, port_2):
    assume(port != port_2)
    assert first_difference(f"{base}:{port}/cb", f"{base}:{port_2}/cb") == "port"


@given(ports, ports, paths)
@pytest.mark.spec("RFC 8252", "8.3")
def test_localhost_is_loopback_only_by_opt_in(port, port_2, path):
    one, other = f"http://localhost:{port}{path}", f"http://localhost:{port_2}{path}"
    assert validation_error(one) is not None
    assert first_difference(one, one) == "validity"
    assert first_difference(one, other, ApplicationRules(localhost=True)) is None


@given(
    some.one_of(
        https.map(lambda uri: uri + "#"),
        some.builds("{}#{}".format, https, words),
        some.builds("https://{}@{}{}".format, labels, names, paths),
        some.builds("https://{}:{}@{}".format, labels, words, names),
        some.builds("{}:{}".format, some.sampled_from(sorted(SCRIPT_SCHEMES)), words),
        some.builds(
            "{}://{}{}".format, some.sampled_from(["http", "ws"]), names, paths
        ),
        some.builds("https:{}".format, words),
        some.builds("//{}{}".format, names, paths),
        some.builds("{}:/cb".format, labels),
        paths,
        some.builds("https://*.{}{}".format, names, paths),
        some.builds("https://{}*{}".format, labels, names),
        some.builds("{} {}".format, https, words),
        some.builds("{}\\{}".format, https, words),
        some.builds("{}%{}".format, https, some.sampled_from(["", "z", "4", "é"])),
    )
)
@pytest.mark.spec("RFC 6749", "3.1.2")
def test_an_unsafe_redirect_uri_is_refused_even_when_stored(uri):
    """Fragments, user information, scripts, wildcards, plain http, relative ones."""
    assert validation_error(uri) is not None
    assert not registered(uri).redirect_uri_allowed(uri)


@given(names, labels, labels, paths)
def test_a_wildcard_is_one_label_of_an_https_host_by_opt_in(name, label, more, path):
    wild, there = f"https://*.{name}{path}", ApplicationRules(wildcards=True)
    assert first_difference(wild, f"https://{label}.{name}{path}", there) is None
    assert first_difference(wild, f"https://{label}.{name}{path}") is not None
    for other in (
        f"https://{name}{path}",
        f"https://{label}.{more}.{name}{path}",
        f"https://{label}.{name}.evil.example{path}",
        f"https://evil.example/.{name}{path}",
        f"https://*.{name}{path}",
    ):
        assert first_difference(wild, other, there) is not None, other


@given(uris, rules)
def test_a_redirect_uri_is_one_source_of_a_content_security_policy(uri, rules):
    """Pages name origins of clients in theirs: of pictures, of logout pages."""
    if validation_error(uri, rules) is not None:
        return
    parts = urlsplit(uri)
    source = parts.netloc if parts.scheme in ("http", "https") else parts.scheme
    assert re.fullmatch(r"[A-Za-z0-9.*:_+\-\[\]]+", source)
