"""Rate limits for links by mail.

The limits apply to names and addresses without an account, too.
"""

from __future__ import annotations

from pyramid_oauth.repositories.rate_limits import key_of, limits_by_source
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings
from pyramid_oauth.throttling import too_many_requests


def count_link(request: Request, purpose: str, *recipients: str) -> int:
    """Count a requested link; return the seconds to wait, or 0.

    Args:
        request: The Pyramid request.
        purpose: What the link is for.
        recipients: The accounts and addresses to which the link is sent.
    """
    options: StandaloneSettings = request.registry["standalone.options"]
    keys = {key_of(purpose, each): options.link_attempts for each in recipients}
    most = options.link_source_attempts
    limits = keys | limits_by_source(request.remote_addr, most, purpose)
    counters = request.oauth.server.repositories.rate_limits
    wait: int = counters.attempt(request.dbsession, limits, options.link_window)
    if wait:
        too_many_requests(request, purpose, recipients[0], wait)
    return wait
