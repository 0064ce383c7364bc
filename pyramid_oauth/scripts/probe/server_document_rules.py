"""Rules about the metadata, the keys and the TLS of any authorization server."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from pyramid_oauth.scripts.probe.client import has_same_origin, is_secure
from pyramid_oauth.scripts.probe.rules import RuleSet, member, quote
from pyramid_oauth.scripts.probe.server_observation import ServerObservation
from pyramid_oauth.settings.checks import Severity

RULES: RuleSet[ServerObservation] = RuleSet()

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
"""The members of a JWK that must not be published (RFC 7518 section 6)."""

CLOCK_TOLERANCE = 10

_ALIASES = "mtls_endpoint_aliases"

_MAX_AGE = re.compile(r"max-age\s*=\s*\"?0*[1-9]", re.IGNORECASE)
"""A life of more than no second (RFC 6797 section 6.1.1)."""


@RULES.rule(
    "P601",
    Severity.ERROR,
    "RFC 8414 section 3; OpenID Connect Discovery section 4",
    "Let the proxy pass /.well-known/ of the host on, or set pyramid_oauth.prefix to "
    "the path of pyramid_oauth.issuer.",
)
def publishes_metadata(subject: ServerObservation) -> Iterator[str]:
    """The server publishes metadata at a well-known URL."""
    if subject.server.found is None:
        forms = subject.server.forms.items()
        tried = (f"{quote(url)} ({answer.described})" for url, answer in forms)
        yield f"there is no metadata at {', '.join(tried)}"


@RULES.rule(
    "P602",
    Severity.ERROR,
    "RFC 8414 section 3.3",
    "Set pyramid_oauth.issuer to the URL that clients use, letter by letter.",
)
def names_its_issuer(subject: ServerObservation) -> Iterator[str]:
    """The issuer of the metadata is the URL that was probed."""
    for url, answer in subject.server.forms.items():
        issuer = (answer.document or {}).get("issuer")
        if answer.is_document and issuer != subject.server.issuer:
            yield f"issuer at {quote(url)} is {quote(issuer)}"


@RULES.rule(
    "P603",
    Severity.WARNING,
    "RFC 8414 section 5",
    "Serve every form of the metadata from the same server and version.",
)
def says_the_same_everywhere(subject: ServerObservation) -> Iterator[str]:
    """The endpoints are the same in every form of the metadata."""
    expected = subject.server.metadata
    for url, answer in subject.server.forms.items():
        document = answer.document or {}
        for name in document if answer.is_document else ():
            value = document[name]
            is_url = name.endswith(("_endpoint", "_uri"))
            if is_url and value != expected.get(name, value):
                yield f"{member(name)} at {quote(url)} is another: {quote(value)}"


@RULES.rule(
    "P604",
    Severity.ERROR,
    "RFC 6749 sections 3.1 and 3.2; RFC 8414 section 2",
    "Set pyramid_oauth.issuer to an https URL: every URL is built from it, whatever "
    "scheme and host the proxy passes on.",
)
def has_https_endpoints(subject: ServerObservation) -> Iterator[str]:
    """The issuer, every endpoint and the URL of the keys are https."""
    metadata = subject.server.metadata
    aliases = metadata.get(_ALIASES)
    found = [
        ("issuer", subject.server.issuer),
        *((member(name), url) for name, url in _places(metadata)),
        *((f"{_ALIASES}.{member(name)}", url) for name, url in _places(aliases)),
    ]
    for name, url in found:
        if not is_secure(url):
            yield f"{name} is not https: {quote(url)}"


@RULES.rule(
    "P605",
    Severity.NOTICE,
    "RFC 9700 section 2.6",
    "If you did not mean it, a proxy changes the host: set pyramid_oauth.issuer.",
)
def has_endpoints_on_its_host(subject: ServerObservation) -> Iterator[str]:
    """The endpoints are on the host of the issuer."""
    for name, url in subject.server.metadata.items():
        is_url = name.endswith("_endpoint") and isinstance(url, str)
        if is_url and not has_same_origin(url, subject.server.issuer):
            yield f"{member(name)} is on another host: {quote(url)}"


@RULES.rule(
    "P606",
    Severity.WARNING,
    "RFC 6797 section 6.1",
    "Let the proxy that ends TLS send Strict-Transport-Security.",
)
def is_pinned_to_https(subject: ServerObservation) -> Iterator[str]:
    """Browsers are told to use https only."""
    found = subject.server.found
    if found is None or not found.url.startswith("https://"):
        return
    policy = found.header("Strict-Transport-Security")
    if not policy:
        yield "there is no Strict-Transport-Security"
    elif not _MAX_AGE.search(policy):
        yield f"Strict-Transport-Security ends at once: {quote(policy)}"


@RULES.rule(
    "P607",
    Severity.WARNING,
    "RFC 9325 section 3.1.1",
    "Configure TLS 1.2 and 1.3 alone where TLS ends.",
)
def has_current_tls(subject: ServerObservation) -> Iterator[str]:
    """TLS 1.3 is offered, and 1.1 is refused."""
    if subject.server.found is None or not subject.tls:
        return
    if subject.tls.get("1.3") is False:
        yield "TLS 1.3 is not offered"
    if subject.tls.get("1.1"):
        yield "TLS 1.1 or older is accepted"


@RULES.rule(
    "P608",
    Severity.WARNING,
    "FAPI 2.0 Security Profile section 5.3.2.1",
    "Run NTP on the server, and on this machine.",
)
def has_the_right_time(subject: ServerObservation) -> Iterator[str]:
    """The clock of the server agrees with that of this machine."""
    found = subject.server.found
    try:
        moment = parsedate_to_datetime(
            found.header("Date") if found else ""
        ).timestamp()
    except (ValueError, TypeError, OverflowError):
        return
    # Other forms of the metadata may have taken long to answer.
    nearest = min(max(moment, subject.asked_at), subject.received_at)
    difference = moment - nearest
    if abs(difference) > CLOCK_TOLERANCE:
        yield f"the Date of the server differs by {difference:.0f} seconds"


@RULES.rule(
    "P611",
    Severity.ERROR,
    "RFC 7517 section 9.2",
    "Withdraw the key at once (pyramid-oauth keys list) and make a new one.",
)
def publishes_no_private_key(subject: ServerObservation) -> Iterator[str]:
    """The key set has public keys only."""
    for key in _keys(subject):
        if PRIVATE & key.keys():
            yield f"the key {quote(key.get('kid'))} has private members"


@RULES.rule(
    "P612",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.4.1; RFC 7518 section 3.3",
    "Replace the key: pyramid-oauth keys rotate; see pyramid_oauth.signing_key_files.",
)
def has_strong_keys(subject: ServerObservation) -> Iterator[str]:
    """RSA keys have 2048 bits or more."""
    for key in _keys(subject):
        modulus = key.get("n")
        is_rsa = key.get("kty") == "RSA" and isinstance(modulus, str)
        if is_rsa and _bits(str(modulus)) < 2048:
            yield f"the key {quote(key.get('kid'))} is shorter than 2048 bits"


@RULES.rule(
    "P613",
    Severity.ERROR,
    "RFC 8725 section 3.2",
    "Set pyramid_oauth.unsigned_request_objects = false.",
)
def signs_everything(subject: ServerObservation) -> Iterator[str]:
    """No list of signature algorithms has none."""
    for name in subject.server.metadata:
        is_list = name.endswith("signing_alg_values_supported")
        if is_list and "none" in subject.server.listed(name):
            yield f"{member(name)} has none"


@RULES.rule(
    "P614",
    Severity.ERROR,
    "RFC 9700 section 2.1.1",
    "Include the extension pkce: pyramid_oauth.extensions.",
)
def has_pkce_without_plain(subject: ServerObservation) -> Iterator[str]:
    """PKCE is offered with S256 and without plain."""
    methods = subject.server.listed("code_challenge_methods_supported")
    uses_codes = "code" in subject.server.listed("response_types_supported")
    if uses_codes and "S256" not in methods:
        yield "code_challenge_methods_supported lacks S256"
    if "plain" in methods:
        yield "code_challenge_methods_supported has plain"


@RULES.rule(
    "P615",
    Severity.WARNING,
    "RFC 9700 sections 2.1.2 and 2.4",
    "Set pyramid_oauth.profile to another than legacy, or leave implicit and password "
    "out of pyramid_oauth.grant_types.",
)
def offers_no_legacy_grant(subject: ServerObservation) -> Iterator[str]:
    """There are no implicit and no password grant."""
    types = subject.server.listed("response_types_supported")
    if any("token" in name.split() for name in types):
        yield "response_types_supported has token: access tokens in URLs"
    if "password" in subject.server.listed("grant_types_supported"):
        yield "grant_types_supported has password"


@RULES.rule(
    "P616",
    Severity.WARNING,
    "RFC 9700 section 4.4.2.1; RFC 9207 section 3",
    "Include the extension issuer_identification: pyramid_oauth.extensions.",
)
def identifies_itself(subject: ServerObservation) -> Iterator[str]:
    """Authorization responses have iss."""
    name = "authorization_response_iss_parameter_supported"
    has_it = subject.server.metadata.get(name) is True
    if subject.server.endpoint("authorization_endpoint") and not has_it:
        yield f"{name} is not true: clients cannot detect a mix-up of servers"


def _places(members: object) -> Iterator[tuple[str, object]]:
    """Yield name and URL of the endpoints and of the key set."""
    for name, url in members.items() if isinstance(members, dict) else ():
        if name.endswith("_endpoint") or name == "jwks_uri":
            yield name, url


def _bits(modulus: str) -> int:
    """Return the length of a number in base64url; 0 if it is none."""
    text = modulus.rstrip("=")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return 0
    return int.from_bytes(raw).bit_length()


def _keys(subject: ServerObservation) -> list[dict[str, object]]:
    answer = subject.answers.get("keys")
    keys = (answer.document or {}).get("keys") if answer else None
    if not isinstance(keys, list):
        return []
    return [key for key in keys if isinstance(key, dict)]
