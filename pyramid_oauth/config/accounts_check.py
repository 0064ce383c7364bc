"""Check of the accounts adapter: whether pages show users by a name."""

from __future__ import annotations

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.server import Server
from pyramid_oauth.settings.checks import Check, Severity


def _shows_identifiers(server: Server) -> bool:
    """Whether pages are shown, and the adapter knows no names."""
    return bool(server.response_types) and (
        type(server.accounts).current is Accounts.current
    )


CHECKS = (
    Check(
        "W128",
        "accounts",
        _shows_identifiers,
        "is the default, so that pages show users the identifier that your security "
        "policy returns; override Accounts.current to return an Account with a "
        "display_name, and with an email if they may have several accounts",
        severity=Severity.NOTICE,
        section=Server,
    ),
)
