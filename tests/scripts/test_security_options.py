"""`pyramid-oauth application`: options for members that protect a client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scripts.test_applications import WEB

pytestmark = pytest.mark.slow

PROTECTED = """
pyramid_oauth.extensions = default dpop mtls rich_authorization
pyramid_oauth.authorization_details_types =
    payment
    account
pyramid_oauth.token_endpoint_auth_methods = tls_client_auth client_secret_post none
pyramid_oauth.mtls_verified_by = environ:SSL_CLIENT_VERIFY
pyramid_oauth.request_object_rules = rfc9101
"""


@pytest.fixture
def protected_ini(standalone_ini: Path) -> Path:
    """The ini of a server with the extensions that have such members."""
    text = standalone_ini.read_text()
    first, section, rest = text.partition("[app:main]")
    standalone_ini.write_text(f"{first}{section}{PROTECTED}{rest}")
    return standalone_ini


def test_options_set_and_remove_the_members(protected_ini: Path, run_json: Any) -> None:
    client_id = run_json("application", "create", protected_ini, *WEB)["client_id"]
    update = ("application", "update", protected_ini, client_id)
    changed = run_json(
        *update,
        *("--token-endpoint-auth-method", "tls_client_auth"),
        *("--tls-client-auth-subject-dn", "CN=bank,O=Example"),
        *("--certificate-bound-tokens", "--require-pushed-requests"),
        *("--authorization-details-type", "payment"),
        *("--authorization-details-type", "account"),
    )
    assert changed["client_metadata"] == {
        "tls_client_auth_subject_dn": "CN=bank,O=Example",
        "tls_client_certificate_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
        "authorization_details_types": ["payment", "account"],
        "administrator_members": [
            "authorization_details_types",
            "require_pushed_authorization_requests",
            "tls_client_certificate_bound_access_tokens",
        ],
    }
    changed = run_json(
        *(*update, "--no-certificate-bound-tokens", "--no-require-pushed-requests"),
        *("--clear", "authorization-details-type", "--dpop-bound-tokens"),
        *("--clear", "tls-client-auth-subject-dn"),
        *("--tls-client-auth-san-dns", "bank.example"),
    )
    assert changed["client_metadata"] == {
        "tls_client_auth_san_dns": "bank.example",
        "dpop_bound_access_tokens": True,
        "administrator_members": ["dpop_bound_access_tokens"],
    }


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--tls-client-auth-san-ip", "1.2.3.400"), 1, "tls_client_auth_san_ip: is"),
        (
            ("--clear", "dpop-bound-tokens", "--dpop-bound-tokens"),
            2,
            "dpop_bound_access_tokens: set and cleared at once",
        ),
        (
            ("--require-signed-requests",),
            1,
            "require_signed_request_object: cannot be met",
        ),
        (
            ("--token-endpoint-auth-method", "tls_client_auth"),
            1,
            "requires exactly one of",
        ),
    ],
    ids=["no-address", "twice", "no-key", "no-subject"],
)
def test_values_are_validated(
    protected_ini: Path, run: Any, run_json: Any, more: Any, code: int, message: str
) -> None:
    client_id = run_json("application", "create", protected_ini, *WEB)["client_id"]
    refused = run("application", "update", protected_ini, client_id, *more, code=code)
    assert message in refused.stderr


@pytest.mark.parametrize("command", ["create", "update"])
def test_an_option_of_an_extension_that_is_off_is_refused(
    standalone_ini: Path, run: Any, run_json: Any, command: str
) -> None:
    arguments = WEB
    if command == "update":
        created = run_json("application", "create", standalone_ini, *WEB)
        arguments = (created["client_id"],)
    off = ("--tls-client-auth-san-dns", "bank.example")
    refused = run("application", command, standalone_ini, *arguments, *off, code=2)
    assert "does not know tls_client_auth_san_dns" in refused.stderr
