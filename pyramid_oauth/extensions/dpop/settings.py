"""Settings of DPoP at authorization servers, and the checks of their values.

Those of proofs are in `pyramid_oauth.resource.dpop.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity

NEVER, PUBLIC, ALWAYS = "never", "public", "always"


@dataclass(frozen=True, kw_only=True)
class DPoPRequirementSettings(Section):
    """Which clients must bind their tokens to a key."""

    require_dpop: str = setting(
        to.choice(NEVER, PUBLIC, ALWAYS),
        NEVER,
        "Whose access tokens must be bound to a key: of no client but those that "
        "registered `dpop_bound_access_tokens`, of `public` ones, or `always` (RFC "
        "9449 section 5.2).",
    )


def _issues_unbound_tokens(server: Server) -> bool:
    settings: Settings = server.settings
    is_required = settings[DPoPRequirementSettings].require_dpop == ALWAYS
    return is_required and any(
        "token" in name.split() for name in server.response_types
    )


CHECKS = (
    Check(
        "W504",
        "require_dpop",
        _issues_unbound_tokens,
        "= always, but the server has response types with `token`, which cannot be "
        "bound to a key and are refused (RFC 9449 section 5)",
        severity=Severity.WARNING,
        section=Server,
    ),
)
