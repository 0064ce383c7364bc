"""Messages that must arrive: put in by a transaction, delivered after it.

Back-Channel Logout section 2.5 is the first use; `config.add_oauth_outbox_kind` adds
others.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.outbox.delivery import Prepare, Send
from pyramid_oauth.outbox.in_process import InProcess
from pyramid_oauth.outbox.posting import DELIVERER, post
from pyramid_oauth.outbox.worker import Worker

__all__ = ["Prepare", "Send", "Worker", "post"]


def includeme(config: Any) -> None:
    """Start a thread with the first request, where the settings want one."""
    if config.registry["pyramid_oauth.settings"].outbox_in_process:
        deliverer = config.registry[DELIVERER] = InProcess(config.registry)
        config.add_subscriber(
            lambda event: deliverer.ensure(), "pyramid.events.NewRequest"
        )
