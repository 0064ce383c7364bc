"""Redirect URIs: a URI is usable exactly if it can be registered (property-based).

RFC 6749 section 3.1.2, RFC 8252 sections 7 and 8, RFC 9700 section 2.1.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

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

rules = st.builds(ApplicationRules, st.booleans(), st.booleans(), st.booleans())
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
names = (
    st.lists(labels, min_size=2, max_size=4)
    .map(".".join)
    .filter(lambda name: not name.startswith("127."))
)
ports = st.integers(1, 65535)
words = st.text("abcXYZ019-._~!$&'()*+,;=:@%2F", max_size=8).filter(
    lambda text: not re.search(r"%(?![0-9A-Fa-f]{2})", text)
)
paths = st.lists(words, max_size=3).map(lambda found: "".join("/" + w for w in found))
queries = st.one_of(st.just(""), words.map(lambda text: "?" + text))
loopback = st.sampled_from(["127.0.0.1", "127.8.0.9", "[::1]"])
odd_hosts = st.one_of(
    loopback,
    st.sampled_from(["localhost", "*.example.org", "*", "a;b", "a,b", "[::1", ""]),
    st.sampled_from(["0.0.0.0", "a.org[::1]", "[::1%25lo]", "%61.org", "a.org."]),
)
hosts = st.one_of(names, odd_hosts)
private = names.map(lambda name: f"{name.lstrip('0123456789-') or 'a'}.app")
schemes = st.sampled_from(["https", "http", "HTTPS", "myapp", *SCRIPT_SCHEMES])
authorities = st.builds(
    lambda host, port: f"//{host}{port}",
    hosts,
    st.one_of(st.just(""), st.just(":"), ports.map(":{}".format)),
)
uris = st.one_of(
    st.builds(
        "{}:{}{}{}{}".format,
        st.one_of(schemes, private),
        st.one_of(authorities, authorities, st.just("")),
        paths,
        queries,
        st.sampled_from(["", "", "", "#", "#x"]),
    ),
    st.text(max_size=30),
)
https = st.builds("https://{}{}{}".format, names, paths, queries)


def build_application(uri):
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
    application = build_application(uri)
    assume(application.redirect_uris.split() == [uri])
    can_be_registered = "redirect_uris" not in application.field_errors(rules)
    assert can_be_registered is (validation_error(uri, rules) is None)
    if can_be_registered:
        # A wildcard matches hosts; it is not a host itself.
        assert application.redirect_uri_allowed(uri, rules) is not has_wildcard(uri)
    else:
        assert not application.redirect_uri_allowed(uri, rules)


def without_port(uri):
    """`uri` without its port, on a loopback address or localhost; else None."""
    match = re.fullmatch(
        r"(http://(?:127(?:\.\d+){3}|\[::1\]|localhost))(?::\d*)?((?:[/?].*)?)", uri
    )
    return match and match[1] + match[2]


def is_filled_in(pattern, uri):
    """Whether `uri` is `pattern` with one label for its asterisk."""
    before, _, after = pattern.partition("*")
    middle = uri.removeprefix(before).removesuffix(after)
    return uri == before + middle + after and re.fullmatch("[A-Za-z0-9-]+", middle)


@st.composite
def pairs(draw):
    """Two URIs that differ in one component, or completely."""
    one = draw(uris)
    if draw(st.booleans()):
        return one, draw(uris)
    match = re.fullmatch(r"([^:]*:)(//[^/?]*)?(.*)", one, re.DOTALL)
    if match is None:
        return one, one.swapcase()
    scheme = draw(st.sampled_from([match[1], f"{draw(schemes)}:", match[1].upper()]))
    authority = draw(st.sampled_from([match[2] or "", draw(authorities)]))
    return one, f"{scheme}{authority}{match[3]}"


@given(pairs(), rules)
@example(("https://*.example.org/cb", "https://a.example.org/cb"), LENIENT)
@example(("https://*.example.org/cb", "https://a.b.example.org/cb"), LENIENT)
@example(("http://127.0.0.1:1/cb", "HTTP://127.0.0.1:2/cb"), ApplicationRules())
@example(("http://[::1]:1/cb?", "http://[::1]:2/cb"), ApplicationRules())
@pytest.mark.spec("RFC 9700", "2.1")
def test_only_an_identical_redirect_uri_matches(pair, rules):
    """Except for the port of a loopback address and, by a setting, one label."""
    one, other = pair
    if one == other or first_difference(one, other, rules) is not None:
        return
    same_but_for_port = without_port(one) is not None and (
        without_port(one) == without_port(other)
    )
    assert same_but_for_port or (rules.wildcards and is_filled_in(one, other))
    assert rules.localhost or "//localhost" not in one


@pytest.mark.spec("RFC 9700", "4.1.3")
@given(https, st.data())
def test_an_altered_redirect_uri_does_not_match(uri, data):
    at = data.draw(st.integers(0, len(uri)))
    cut = data.draw(st.integers(at, len(uri)))
    changed = uri[:at] + data.draw(st.text(max_size=5)) + uri[cut:]
    assume(changed != uri)
    assert first_difference(uri, changed) is not None
    assert not build_application(uri).redirect_uri_allowed(changed)


@given(pairs(), rules)
def test_every_mismatch_has_a_known_reason(pair, rules):
    assert first_difference(*pair, rules) in {None, *COMPONENTS, *OTHER_REASONS}


@given(names, names, ports, ports, paths, paths, queries, queries)
def test_a_mismatch_names_the_differing_component(
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
    one, other = (f"http://{host}:{number}{path}{query}" for number in (port, port_2))
    assert first_difference(one, other) is None
    assert (
        first_difference(f"http://{host}{path}", f"http://{host}:{port}{path}") is None
    )


@given(st.sampled_from(["https://127.0.0.1", "https://app.example"]), ports, ports)
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
    st.one_of(
        https.map(lambda uri: uri + "#"),
        st.builds("{}#{}".format, https, words),
        st.builds("https://{}@{}{}".format, labels, names, paths),
        st.builds("https://{}:{}@{}".format, labels, words, names),
        st.builds("{}:{}".format, st.sampled_from(sorted(SCRIPT_SCHEMES)), words),
        st.builds("{}://{}{}".format, st.sampled_from(["http", "ws"]), names, paths),
        st.builds("https:{}".format, words),
        st.builds("//{}{}".format, names, paths),
        st.builds("{}:/cb".format, labels),
        paths,
        st.builds("https://*.{}{}".format, names, paths),
        st.builds("https://{}*{}".format, labels, names),
        st.builds("{} {}".format, https, words),
        st.builds("{}\\{}".format, https, words),
        st.builds("{}%{}".format, https, st.sampled_from(["", "z", "4", "é"])),
    )
)
@pytest.mark.spec("RFC 6749", "3.1.2")
def test_an_unsafe_redirect_uri_is_refused_even_when_stored(uri):
    """Fragments, user information, scripts, wildcards, plain http, relative URIs."""
    assert validation_error(uri) is not None
    assert not build_application(uri).redirect_uri_allowed(uri)


@given(names, labels, labels, paths)
def test_a_wildcard_is_one_label_of_an_https_host_by_opt_in(name, label, more, path):
    pattern, rules = f"https://*.{name}{path}", ApplicationRules(wildcards=True)
    assert first_difference(pattern, f"https://{label}.{name}{path}", rules) is None
    assert first_difference(pattern, f"https://{label}.{name}{path}") is not None
    for other in (
        f"https://{name}{path}",
        f"https://{label}.{more}.{name}{path}",
        f"https://{label}.{name}.evil.example{path}",
        f"https://evil.example/.{name}{path}",
        f"https://*.{name}{path}",
    ):
        assert first_difference(pattern, other, rules) is not None, other


@given(uris, rules)
def test_a_redirect_uri_is_one_source_of_a_content_security_policy(uri, rules):
    """Pages name origins of clients in their policies: logos, logout pages."""
    if validation_error(uri, rules) is not None:
        return
    parts = urlsplit(uri)
    source = parts.netloc if parts.scheme in ("http", "https") else parts.scheme
    assert re.fullmatch(r"[A-Za-z0-9.*:_+\-\[\]]+", source)
