"""Settings of the audit log."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class AuditSettings(Section):
    """How long the audit log is kept."""

    audit_lifetime: int = setting(
        to.seconds,
        365 * 86400,
        "Seconds after which `purge` deletes entries of the audit log; 0 keeps them.",
    )
