"""The translatable messages of the playground's script."""

from __future__ import annotations

from collections.abc import Mapping

from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.page import translate
from pyramid_oauth.standalone.request import Request

MESSAGES = (
    _("Request"),
    _("Response"),
    _("(no body)"),
    _("Ask for access"),
    _("The answer in the redirect"),
    _("The answer is not to a question of this page: state differs."),
    _("The answer comes from another server: iss differs."),
    _("No access: {error}."),
    _("Exchange the code for tokens"),
    _("What the ID Token says"),
    _("not for us"),
    _("The ID Token is not an answer to this page: nonce or aud differs."),
    _("Refused: {error}."),
    _("Access for {seconds} seconds: {scope}."),
    _("Done: {title}"),
    _("Refused, {error}: {title}"),
    _("Who am I?"),
    _("Ask UserInfo"),
    _("List my notes"),
    _("Add a note"),
    _("Refresh"),
    _("Revoke"),
    _("The access is revoked. Ask the API once more to see it refuse."),
    _("No access yet: choose what to ask for."),
    _("It failed: {problem}"),
)


def messages(request: Request) -> Mapping[str, str]:
    """Return the translation of each message."""
    return {str(word): translate(request, word) for word in MESSAGES}
