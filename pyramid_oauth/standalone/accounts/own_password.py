"""Check of the current password before sensitive changes of the own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.errors import TooManyRequests
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts.login import authenticate_user
from pyramid_oauth.standalone.accounts.login_context import TOO_MANY
from pyramid_oauth.standalone.request import Request

WRONG = _("The current password is wrong.")


@dataclass(frozen=True)
class Refusal:
    """The reason why a form is refused.

    Attributes:
        status: The HTTP status.
        sentence: The reason, for the user.
        field: The form field with the error, or "".
        wait: Seconds until the next attempt, or 0.
    """

    status: int
    sentence: str
    field: str = ""
    wait: int = 0

    def mark(self, response: Response) -> Response:
        """Return `response` with a Retry-After field, if there is a wait."""
        if self.wait:
            response.headers["Retry-After"] = str(self.wait)
        return response


def check_own_password(
    request: Request, here: Row[Any], password: str
) -> Refusal | None:
    """Check the current password, under the limits of the login page.

    Args:
        request: The Pyramid request.
        here: The session of the user.
        password: The value of the field `current`.
    """
    try:
        user = authenticate_user(request, here.username, password)
    except TooManyRequests as error:
        minutes = -(-error.seconds // 60)
        sentence = _(TOO_MANY, mapping={"minutes": minutes})
        return Refusal(429, sentence, wait=error.seconds)
    if user is None or user.subject != here.subject:
        return Refusal(403, WRONG, "current")
    return None
