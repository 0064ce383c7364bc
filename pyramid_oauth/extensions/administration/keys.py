"""The page of the signing keys: list, rotate, retire (OpenID Connect Core 10.1.1)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.administration.pages import Action, Change, Page, Visit
from pyramid_oauth.i18n import _
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.keystore.administration import Keys, open_keys
from pyramid_oauth.server import Server


def has_keys(server: Server) -> bool:
    """Whether the server has keys in the database."""
    return "SigningKey" in server.models and bool(server.key_encryption_keys)


def _keys(visit: Visit) -> Keys:
    server = visit.server
    return open_keys(
        visit.session, server.models, server.settings, server.key_encryption_keys
    )


def _list(visit: Visit) -> dict[str, Any]:
    return {"keys": _keys(visit).store.records()}


def _rotate(visit: Visit, target: str) -> Change | None:
    return Change() if _keys(visit).rotate() else None


def _begin(visit: Visit, target: str) -> Change | None:
    return Change() if _keys(visit).rotate(begin=True) else None


def _retire(visit: Visit, target: str) -> Change | None:
    return _retire_key(visit, target, compromised=False)


def _retire_compromised(visit: Visit, target: str) -> Change | None:
    return _retire_key(visit, target, compromised=True)


def _retire_key(visit: Visit, kid: str, *, compromised: bool) -> Change | None:
    try:
        _keys(visit).store.retire(kid, compromised=compromised)
    except KeysError:
        return None
    return Change()


KEYS = Page(
    title=_("Keys"),
    template="keys",
    values=_list,
    is_available=has_keys,
    actions={
        "rotate_keys": Action(run=_rotate, done=_("What was due is done.")),
        "begin_rotation": Action(
            run=_begin,
            question=_("Replace the keys now, whatever their age?"),
            done=_(
                "New keys are published; they sign once all verifiers can have them."
            ),
        ),
        "retire_key": Action(
            run=_retire,
            question=_("Stop using this key? A new one takes its place if it signs."),
            done=_("The key signs no more."),
        ),
        "retire_compromised_key": Action(
            run=_retire_compromised,
            question=_(
                "Is this key in the hands of others? Everything that it signed is "
                "refused from now on."
            ),
            done=_("The key is retired, and what it signed is refused."),
        ),
    },
)
