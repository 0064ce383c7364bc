"""Checks of the settings that protect credentials: rotation and rate limits.

RFC 9700 section 4.14, RFC 6749 sections 2.3.1 and 10.10.
"""

from __future__ import annotations

from pyramid_oauth.settings.check_builders import is_longer_than, is_set_to, warning

CHECKS = (
    warning(
        "W110",
        "rotate_refresh_tokens",
        lambda row: (
            not (row.rotate_refresh_tokens or row.require_sender_constrained_tokens)
        ),
        "= false hides the theft of refresh tokens (RFC 9700 section 4.14.2)",
    ),
    warning(
        "W111",
        "refresh_token_grace",
        is_longer_than("refresh_token_grace", 60),
        "accepts superseded refresh tokens for more than a minute",
    ),
    warning(
        "W125",
        "refresh_token_collision_window",
        lambda row: row.refresh_token_collision_window > row.refresh_token_grace,
        "exceeds refresh_token_grace; between them theft revokes nothing; 0 is strict",
    ),
    warning(
        "W150",
        "client_auth_attempts",
        is_set_to("client_auth_attempts", 0),
        "= 0 lets one source guess the secret of a client without a limit",
    ),
    warning(
        "W151",
        "client_auth_source_attempts",
        is_set_to("client_auth_source_attempts", 0),
        "= 0 lets one source guess secrets of any number of clients",
    ),
    warning(
        "W152",
        "pending_requests",
        is_set_to("pending_requests", 0),
        "= 0 lets one source fill the database without a login",
    ),
    warning(
        "W154",
        "unredeemed_grants",
        is_set_to("unredeemed_grants", 0),
        "= 0 lets one user fill the database with grants that no client redeems",
    ),
)
