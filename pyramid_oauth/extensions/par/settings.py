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
    """Who may push authorization requests, and for how long they are good."""

    pushed_authorization_requests: bool = setting(
        to.boolean, True, "Accept pushed authorization requests (RFC 9126)."
    )
    require_pushed_authorization_requests: bool = setting(
        to.boolean,
        False,
        "Accept no other authorization requests (RFC 9126 section 5).",
    )
    pushed_request_lifetime: Lifetime = setting(
        to.lifetime,
        60,
        "Seconds within which a browser must bring the `request_uri` of a pushed "
        "request.",
    )
    pushed_redirect_uri_policy: Any = setting(
        to.optional_callable,
        None,
        "Whether a confidential client may push a redirect URI that it did not "
        "register: `policy(request, application, uri)`. Default: never (RFC 9126 "
        "section 2.4).",
    )


LONGEST = 600
"""Seconds; RFC 9126 section 2.2 calls 5 to 600 seconds typical."""

CHECKS = (
    Check(
        "E040",
        "require_pushed_authorization_requests",
        lambda settings: (
            settings.require_pushed_authorization_requests
            and not settings.pushed_authorization_requests
        ),
        f"= true needs {PREFIX}pushed_authorization_requests = true",
        severity=Severity.FATAL,
        section=ParSettings,
    ),
    Check(
        "W140",
        "pushed_request_lifetime",
        is_longer_than("pushed_request_lifetime", LONGEST),
        "keeps request URIs good for more than ten minutes (RFC 9126 section 2.2)",
        severity=Severity.WARNING,
        section=ParSettings,
    ),
    Check(
        "W141",
        "pushed_redirect_uri_policy",
        lambda settings: settings.pushed_redirect_uri_policy is not None,
        "lets confidential clients name redirect URIs that nobody registered "
        "(RFC 9126 section 2.4)",
        severity=Severity.NOTICE,
        section=ParSettings,
    ),
)
