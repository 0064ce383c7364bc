"""Demonstrating Proof of Possession at resource servers (RFC 9449 sections 7 and 9).

`config.include("pyramid_oauth.resource.dpop")` in a process without the authorization
server; with it, include the extension `dpop`, which calls `add_dpop`.
"""

from __future__ import annotations

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.jose.dpop import normalize_url
from pyramid_oauth.resource.dpop.proofs import CHECKER, ProofChecker
from pyramid_oauth.resource.dpop.replay import (
    MemoryReplayStore,
    ReplayStore,
    set_oauth_dpop_replay_store,
)
from pyramid_oauth.resource.dpop.scheme import DPoP, is_key_proven
from pyramid_oauth.resource.dpop.settings import CHECKS, DPoPSettings
from pyramid_oauth.resource.protected_resource import PROTECTED_RESOURCES
from pyramid_oauth.resource.schemes import SCHEMES
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings.directive_registration import add_directive

__all__ = [
    "DPoP",
    "DPoPSettings",
    "MemoryReplayStore",
    "ProofChecker",
    "ReplayStore",
    "add_dpop",
    "includeme",
    "set_oauth_dpop_replay_store",
]

LATE = 10
"""Action order after all protected resources were declared."""


def includeme(config: Configurator) -> None:
    """Add the scheme, with replay detection in the memory of this process."""
    settings = add_dpop(config)
    config.add_oauth_token_scheme(DPoP(settings.dpop_base_urls))
    config.set_oauth_dpop_replay_store(MemoryReplayStore())


def add_dpop(config: Configurator) -> DPoPSettings:
    """Add what every server needs that accepts DPoP proofs; return the settings."""
    settings: DPoPSettings = config.add_oauth_settings(DPoPSettings)
    config.add_oauth_check(*CHECKS)
    secrets = config.registry[SETTINGS].secret
    if settings.dpop_nonces and not secrets:
        raise ConfigurationError(
            f"{PREFIX}dpop_nonces requires {PREFIX}secret, the same in each process"
        )
    config.registry[CHECKER] = ProofChecker(settings, secrets)
    add_directive(config, set_oauth_dpop_replay_store)
    config.add_oauth_confirmation("jkt", is_key_proven)
    algorithms = list(settings.dpop_signing_algorithms)
    config.add_oauth_resource_metadata(
        "dpop", {"dpop_signing_alg_values_supported": algorithms}
    )
    config.action(
        ("oauth dpop", "base urls"), lambda: complete_urls(config.registry), order=LATE
    )
    return settings


def complete_urls(registry: Registry) -> None:
    """Let proofs be for the hosts of the declared protected resources too.

    Raises:
        ConfigurationError: It is not known at which URL clients reach this process.
    """
    scheme = registry[SCHEMES].by_name["dpop"]
    if not isinstance(scheme, DPoP):
        return  # one of the host
    for identifier in registry[PROTECTED_RESOURCES].by_identifier:
        url = normalize_url(identifier)
        if url is not None:
            scheme.add_base((*url[:3], b"/"))
    if not scheme.bases:
        raise ConfigurationError(
            f"{PREFIX}dpop_base_urls is missing: the URL at which clients reach this "
            "resource server, such as https://api.example.com, with which the htu of "
            "DPoP proofs is compared; the Host header is not trusted. Or declare a "
            "protected resource."
        )
