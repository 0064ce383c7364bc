"""Rules about the metadata of a server that keeps FAPI 2.0."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid_oauth.scripts.probe.rules import RuleSet, member, quote
from pyramid_oauth.scripts.probe.server_observation import ServerObservation
from pyramid_oauth.settings.checks import Severity
from pyramid_oauth.settings.profile_rules import AUTHENTICATION
from pyramid_oauth.settings.profiles import FAPI_ALGORITHMS

RULES: RuleSet[ServerObservation] = RuleSet()

JWT_MODES = ("jwt", "query.jwt", "fragment.jwt", "form_post.jwt")


@RULES.rule(
    "P621",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.3.2.2",
    "Set pyramid_oauth.response_types = code.",
)
def has_codes_only(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0: the only response type is code."""
    types = subject.server.listed("response_types_supported")
    if subject.is_fapi and set(types) - {"code"}:
        yield f"response_types_supported is {quote(types)}"


@RULES.rule(
    "P622",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.3.2.1",
    "Set pyramid_oauth.token_endpoint_auth_methods = private_key_jwt.",
)
def authenticates_by_keys(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0: clients authenticate with a key or certificate."""
    methods = subject.server.listed("token_endpoint_auth_methods_supported")
    wrong = [name for name in methods if name not in AUTHENTICATION]
    if subject.is_fapi and subject.server.found and (wrong or not methods):
        yield f"token_endpoint_auth_methods_supported is {quote(methods)}"


@RULES.rule(
    "P623",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.3.2.2",
    "Set pyramid_oauth.require_pushed_authorization_requests = true.",
)
def requires_pushed_requests(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0: authorization requests must be pushed."""
    if not (subject.is_fapi and subject.server.found):
        return
    for name in (
        "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests",
    ):
        if not subject.server.metadata.get(name):
            yield f"{name} is missing or false"


@RULES.rule(
    "P624",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.4.1",
    "Set pyramid_oauth.profile = fapi2, or the lists of algorithms that "
    "pyramid-oauth check names.",
)
def has_strong_algorithms(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0: only PS256, ES256 and Ed25519 sign."""
    for name in subject.server.metadata if subject.is_fapi else ():
        listed = subject.server.listed(name)
        weak = [alg for alg in listed if alg not in FAPI_ALGORITHMS]
        if name.endswith("signing_alg_values_supported") and weak:
            yield f"{member(name)} has {quote(' '.join(weak))}"


@RULES.rule(
    "P625",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.3.2.1",
    "Include the extension dpop or mtls: pyramid_oauth.extensions.",
)
def can_bind_tokens(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0: tokens can be bound to a key or certificate."""
    metadata = subject.server.metadata
    ways = (
        metadata.get("dpop_signing_alg_values_supported"),
        metadata.get("tls_client_certificate_bound_access_tokens"),
    )
    if subject.is_fapi and subject.server.found and not any(ways):
        yield "neither DPoP nor mutual TLS is offered"


@RULES.rule(
    "P626",
    Severity.ERROR,
    "FAPI 2.0 Message Signing section 5.4.1",
    "Include the extension jarm and set pyramid_oauth.require_jwt_response_mode.",
)
def signs_responses(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0 Message Signing: authorization responses are signed."""
    modes = subject.server.listed("response_modes_supported")
    is_judged = subject.profile == "fapi2-signing" and subject.server.found
    if is_judged and not (modes and set(modes) <= set(JWT_MODES)):
        yield f"response_modes_supported is {quote(modes)}"


@RULES.rule(
    "P627",
    Severity.ERROR,
    "FAPI 2.0 Security Profile section 5.3.2.2",
    "Set pyramid_oauth.pkce_required = true.",
)
def demands_pkce(subject: ServerObservation) -> Iterator[str]:
    """FAPI 2.0: a pushed request without a code challenge is refused."""
    answer = subject.answers.get("without PKCE")
    if subject.is_fapi and answer and 200 <= answer.status < 300:
        yield "a pushed request without a code challenge is accepted"
