"""Settings of pushed authorization requests, and the checks of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import PREFIX, Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import is_longer_than
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.converters import Lifetime


@dataclass(frozen=True, kw_only=True)
class ParSettings(Section):
    """Which pushed requests are accepted, and how long they are valid."""

    pushed_authorization_requests: bool = setting(
        to.boolean, True, "Accept pushed authorization requests (RFC 9126)."
    )
    require_pushed_authorization_requests: bool = setting(
        to.boolean,
        False,
        "Refuse other authorization requests (RFC 9126 section 5).",
    )
    pushed_request_lifetime: Lifetime = setting(
        to.lifetime,
        60,
        "Seconds until a browser must send the `request_uri` of a pushed request.",
    )
    pushed_request_limit: int = setting(
        to.integer(0, 1_000_000),
        0,
        "Pushed requests of one client within `pushed_request_window`, refused ones "
        "too; of a public client from one address. 0 means no limit. Counting takes "
        "one statement (RFC 9126 section 2.3).",
    )
    pushed_request_window: int = setting(
        to.seconds, 60, "Seconds in which pushed requests are counted."
    )
    pushed_redirect_uri_policy: Any = setting(
        to.optional_callable,
        None,
        "A callable (request, application, uri) that returns whether a confidential "
        "client may push an unregistered redirect URI. Default: never (RFC 9126 "
        "section 2.4).",
    )


MAX_LIFETIME = 600
"""Seconds; RFC 9126 section 2.2 calls 5 to 600 seconds typical."""

CHECKS = (
    Check(
        "E040",
        "require_pushed_authorization_requests",
        lambda settings: (
            settings.require_pushed_authorization_requests
            and not settings.pushed_authorization_requests
        ),
        f"= true requires {PREFIX}pushed_authorization_requests = true",
        severity=Severity.FATAL,
        section=ParSettings,
    ),
    Check(
        "W140",
        "pushed_request_lifetime",
        is_longer_than("pushed_request_lifetime", MAX_LIFETIME),
        "keeps request URIs valid for more than ten minutes (RFC 9126 section 2.2)",
        severity=Severity.WARNING,
        section=ParSettings,
    ),
    Check(
        "W141",
        "pushed_redirect_uri_policy",
        lambda settings: settings.pushed_redirect_uri_policy is not None,
        "lets confidential clients push unregistered redirect URIs (RFC 9126 "
        "section 2.4)",
        severity=Severity.NOTICE,
        section=ParSettings,
    ),
)
