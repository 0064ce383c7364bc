"""Settings of the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class OutboxSettings(Section):
    """How outbound messages are delivered."""

    outbox_in_process: bool = setting(
        to.boolean,
        False,
        "Deliver outbound messages by a thread of this process; otherwise run "
        "`pyramid-oauth outbox`.",
    )
    outbox_attempts: int = setting(
        to.integer(1, 100),
        8,
        "Attempts after which an outbound message is dead; each waits twice as long "
        "as the one before.",
    )
    outbox_delay: int = setting(
        to.seconds, 10, "Seconds until the second attempt at a message."
    )
    outbox_dead_lifetime: int = setting(
        to.seconds,
        30 * 86400,
        "Seconds for which a dead message is kept for people to look at; then "
        "`pyramid-oauth purge` deletes it.",
    )
