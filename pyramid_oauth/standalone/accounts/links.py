"""One-time links in mail: a random token of 256 bits, of which a digest is stored.

One conditional statement consumes a link, so that only one of two requests succeeds. A
link that is bound to a password becomes invalid when the password changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import execute, fetch_one, look_up
from pyramid_oauth.hashing import new_hashed_credential, sha256_digest
from pyramid_oauth.models import PurgeRule
from pyramid_oauth.standalone.models import AccountLink

EXPIRED_LINKS = PurgeRule(name="links in mail", model=AccountLink)

_USABLE = (
    AccountLink.digest == bindparam("_digest"),
    AccountLink.kind == bindparam("_kind"),
    AccountLink.expires_at > bindparam("_at"),
)

_COLUMNS = tuple(AccountLink.__table__.columns)

_FIND = look_up(select(*_COLUMNS).where(*_USABLE))

_USE = delete(AccountLink).where(*_USABLE)

_END_ALL_OF = delete(AccountLink).where(
    AccountLink.subject == bindparam("_subject"), AccountLink.kind == bindparam("_kind")
)


@dataclass(frozen=True, kw_only=True)
class LinkKind:
    """The purpose and the lifetime of links."""

    name: str
    lifetime: timedelta


def issue(
    session: Session,
    kind: LinkKind,
    *,
    subject: str | None = None,
    mail: str = "",
    password_digest: str = "",
) -> str:
    """Store a new link; return its token.

    Args:
        session: The SQLAlchemy session.
        kind: The kind of the link.
        subject: The user, if there is one already.
        mail: The address that the link verifies.
        password_digest: The `sha256_digest` of the password hash it is bound to.
    """
    token, digest = new_hashed_credential()
    at = now()
    values = {
        "digest": digest,
        "kind": kind.name,
        "subject": subject,
        "mail": mail,
        "password_digest": password_digest,
        "created_at": at,
        "expires_at": at + kind.lifetime,
    }
    execute(session, insert(AccountLink), values)
    return token


def find(session: Session, kind: str, token: str) -> Row[Any] | None:
    """Return the link of this kind with this token, if it is still usable.

    No transaction begins here, because a slow password hash follows.
    """
    return fetch_one(session, _FIND, _parameters(kind, token))


def use(session: Session, kind: str, token: str) -> bool:
    """Consume the link; return False if it is no longer valid."""
    return execute(session, _USE, _parameters(kind, token)) == 1


def end_all(session: Session, kind: str, subject: str) -> None:
    """End the links of this kind that a user has."""
    execute(session, _END_ALL_OF, {"_kind": kind, "_subject": subject})


def _parameters(kind: str, token: str) -> dict[str, Any]:
    return {"_kind": kind, "_digest": sha256_digest(token), "_at": now()}
