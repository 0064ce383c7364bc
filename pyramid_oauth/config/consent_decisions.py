"""Decisions of resource owners about clients, for what records them.

RFC 6749 section 4.1.1. `config.add_oauth_consent_recorder` adds a recorder. It is
called in the transaction of the decision: the record stands or falls with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pyramid_oauth.config.consent_sources import ConsentItem
from pyramid_oauth.interfaces.application import AnyApplication
from pyramid_oauth.server import ServerRequest


class Decision(StrEnum):
    """What was decided.

    ALLOWED and REFUSED are answers on the consent page. REMEMBERED is a request that a
    former answer covers, so that no page was shown. WITHDRAWN ends access.
    """

    ALLOWED = "allowed"
    REFUSED = "refused"
    REMEMBERED = "remembered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDecision:
    """One decision of a resource owner about a client.

    Attributes:
        decision: What was decided.
        request: The Pyramid request.
        subject: The resource owner.
        client_id: The client.
        client: Its application; None if it no longer exists.
        items: What it was about.
        approved: What is allowed of it.
        redirect_uri: Where the browser goes next, if anywhere.
        made_at: The time of the decision.
    """

    decision: Decision
    request: ServerRequest
    subject: str
    client_id: str
    client: AnyApplication | None
    items: Sequence[ConsentItem]
    approved: Sequence[ConsentItem]
    redirect_uri: str | None
    made_at: datetime


ConsentRecorder = Callable[[ConsentDecision], None]
