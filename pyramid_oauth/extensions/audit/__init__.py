"""Audit log: one row of the database for each security event.

RFC 9700 section 2.6 and RFC 6819 section 5.1.4.1.2 recommend audit logs. A row has the
time, event, outcome, actor, client, user and address; it never has a credential. The
events are those of `pyramid_oauth.events`, except that issued tokens are not recorded:
there are too many of them.
"""

from __future__ import annotations

from pyramid_oauth.extensions.audit.recorder import EVENTS, Recorder
from pyramid_oauth.extensions.audit.repository import AUDIT_ENTRY, AuditLog
from pyramid_oauth.extensions.audit.settings import AuditSettings
from pyramid_oauth.interfaces.configurator import Configurator


def includeme(config: Configurator) -> None:
    """Add the table, and the subscriber that fills it."""
    config.add_oauth_settings(AuditSettings)
    config.add_oauth_model(AUDIT_ENTRY)
    config.add_oauth_repository("audit", AuditLog)
    recorder = Recorder()
    for event in EVENTS:
        config.add_oauth_subscriber(recorder, event)
