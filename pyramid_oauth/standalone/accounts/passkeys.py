"""The stored passkeys of users (WebAuthn Level 3, section 4, credential record)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import connection, execute, fetch_one, look_up, prepared
from pyramid_oauth.hashing import base64url, sha256_digest
from pyramid_oauth.standalone.models import Passkey, User

MAX_NAME_LENGTH = 100

MAX_PASSKEYS = 20
"""Of one user."""

_DIGEST = Passkey.credential_digest == bindparam("_digest")

_OF_USER = Passkey.subject == bindparam("_subject")

_COLUMNS = tuple(Passkey.__table__.columns)

_FIND = prepared(
    look_up(
        select(
            Passkey.credential_digest,
            Passkey.subject,
            Passkey.public_key,
            Passkey.sign_count,
            Passkey.is_synced,
            User.username,
            User.display_name,
            User.password_hash,
            User.is_administrator,
        )
        .join(User, User.subject == Passkey.subject)
        .where(_DIGEST, User.is_active)
    )
)

_LIST = look_up(select(*_COLUMNS).where(_OF_USER).order_by(Passkey.created_at))

_ADD = insert(Passkey)

# Section 7.2, item 22, also where another request has used the passkey since.
_USE = prepared(
    update(Passkey)
    .where(
        _DIGEST,
        or_(
            Passkey.sign_count < bindparam("_count"),
            (Passkey.sign_count == 0) & (bindparam("_count") == 0),
        ),
    )
    .values(
        sign_count=bindparam("_count"),
        is_backed_up=bindparam("_is_backed_up"),
        last_used_at=bindparam("_at"),
    )
)

_REMOVE = prepared(delete(Passkey).where(_DIGEST, _OF_USER))


def find(session: Session, credential_id: bytes) -> Row[Any] | None:
    """Return the passkey of this credential id, with its user if active."""
    return fetch_one(session, _FIND, {"_digest": digest_of(credential_id)})


def list_passkeys(session: Session, subject: str) -> Sequence[Row[Any]]:
    """Return the passkeys of `subject`, the oldest first."""
    return connection(session, _LIST).execute(_LIST, {"_subject": subject}).all()


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a passkey; False if its credential id is stored (section 7.1, item 26)."""
    digest = digest_of(values["credential_id"])
    row = {**values, "credential_digest": digest, "created_at": now()}
    try:
        with session.begin_nested():
            execute(session, _ADD, row)
    except IntegrityError:
        return False
    return True


def use(session: Session, digest: str, sign_count: int, *, is_backed_up: bool) -> bool:
    """Store the use of a passkey; False if its counter has not advanced."""
    values = {
        "_digest": digest,
        "_count": sign_count,
        "_is_backed_up": is_backed_up,
        "_at": now(),
    }
    return execute(session, _USE, values) > 0


def remove(session: Session, subject: str, digest: str) -> bool:
    """Delete the passkey with this digest of `subject`; return whether it existed."""
    parameters = {"_digest": digest, "_subject": subject}
    return execute(session, _REMOVE, parameters) > 0


def digest_of(credential_id: bytes) -> str:
    """Return the digest by which a credential id is stored and found."""
    return sha256_digest(base64url(credential_id))
