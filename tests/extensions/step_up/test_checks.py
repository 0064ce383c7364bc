"""What `pyramid-oauth check` says of views and servers that do not go together."""

from __future__ import annotations

import pytest

from pyramid_oauth.settings.checks import CHECKS
from tests.extensions.step_up.conftest import VAULT
from tests.resource.memory_host import MemoryVerifier
from tests.support.host import me


def add_vault(config):
    config.add_route("vault", "/vault")
    config.add_view(me, route_name="vault", **VAULT)


def add_vault_with_verifier(config):
    add_vault(config)
    config.set_oauth_token_verifier(MemoryVerifier())


@pytest.mark.parametrize(
    ("configure", "settings", "expected"),
    [
        (add_vault, {}, {"W194"}),
        (add_vault_with_verifier, {}, set()),
        (None, {}, set()),
        (add_vault, {"extensions": "default step_up"}, {"W193"}),
        (add_vault, {"extensions": "default step_up", "acr_values": "gold"}, set()),
    ],
    ids=["no extension", "tokens of others", "no view", "no class", "complete"],
)
def test_the_check_names_what_is_missing(new_host, configure, settings, expected):
    found = new_host(configure, **settings).wsgi.registry[CHECKS].findings()
    assert {item.number for item in found} & {"W193", "W194"} == expected
