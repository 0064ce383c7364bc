"""Check of the host's commit veto (`tm.commit_veto` of pyramid_tm).

No specification. A refused request may have a write that must be kept: a replayed
credential revokes its grant (RFC 6749 section 4.1.2). Its response is marked.
"""

from __future__ import annotations

from typing import Any

from pyramid.path import DottedNameResolver
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response

from pyramid_oauth.settings.check_builders import warning

NAMES = ("tm.commit_veto", "pyramid_tm.commit_veto")
"""Settings that name a commit veto, the old one last."""


def vetoes_marked_responses(registry: Registry) -> bool:
    """Whether the commit veto aborts a refusal that is marked to be committed.

    A veto that needs more of the request than there is at start-up is not judged.
    """
    settings = registry.settings
    veto_name = next((settings[name] for name in NAMES if settings.get(name)), None)
    if veto_name is None:
        return False
    veto: Any = DottedNameResolver().maybe_resolve(veto_name)
    # As `http.responses.commit_transaction` marks it.
    marked = Response(status=400, headerlist=[("X-Tm", "commit")])
    try:
        return bool(veto(Request.blank("/"), marked))
    except Exception:  # the host's code may raise anything
        return False


CHECKS = (
    warning(
        "W155",
        "",
        vetoes_marked_responses,
        "tm.commit_veto aborts responses with the header X-Tm: commit; a revocation "
        "after a replay is made again in a transaction of its own, and other writes of "
        "refused requests are lost",
        Registry,
    ),
)
