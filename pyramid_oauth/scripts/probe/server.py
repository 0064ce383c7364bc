"""The probe of an authorization server: `pyramid-oauth check --probe`."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid_oauth.scripts.probe import (
    server_document_rules,
    server_profile_rules,
    server_request_rules,
)
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.client import ProbeClient
from pyramid_oauth.scripts.probe.rules import ProbeFinding
from pyramid_oauth.scripts.probe.server_observation import observe

RULE_SETS = (
    server_document_rules.RULES,
    server_profile_rules.RULES,
    server_request_rules.RULES,
)


def server_findings(
    client: ProbeClient, issuer: str, profile: str, registered: Client | None
) -> Iterator[ProbeFinding]:
    """Yield what a server at `issuer` does that it should not, seen from outside."""
    observed = observe(client, issuer, profile, registered)
    for rules in RULE_SETS:
        yield from rules.findings(observed)
