"""Recovery codes: each replaces a second factor once.

NIST SP 800-63B section 3.1.2 (look-up secrets). The codes are random, so a
keyed digest protects them. They are shown once.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from pyramid_oauth.database import execute, fetch_one, prepared
from pyramid_oauth.hashing import hmac_sha256
from pyramid_oauth.standalone.models import RecoveryCode

COUNT = 10

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that look alike."""

_LENGTH = 12
"""Nearly 60 bits."""

_GROUP = 4

_OF_USER = RecoveryCode.subject == bindparam("_subject")

_ADD = insert(RecoveryCode)

_REMOVE_ALL = prepared(delete(RecoveryCode).where(_OF_USER))

_COUNT = prepared(select(func.count().label("left")).where(_OF_USER))


def replace_codes(session: Session, keys: Sequence[bytes], subject: str) -> list[str]:
    """Replace the codes of `subject` by new ones, and return them."""
    codes = [_new_code() for _ in range(COUNT)]
    remove_all(session, subject)
    digests = [_digest(keys[0], subject, _normalize(code)) for code in codes]
    rows = [{"digest": digest, "subject": subject} for digest in digests]
    execute(session, _ADD, rows)
    return codes


def use(session: Session, keys: Sequence[bytes], subject: str, code: str) -> bool:
    """Delete a code of `subject`; return whether it existed."""
    digests = [_digest(key, subject, _normalize(code)) for key in keys]
    statement = delete(RecoveryCode).where(
        RecoveryCode.subject == subject, RecoveryCode.digest.in_(digests)
    )
    return execute(session, statement, {}) > 0


def count(session: Session, subject: str) -> int:
    """Return how many codes `subject` has left."""
    row = fetch_one(session, _COUNT, {"_subject": subject})
    return int(row.left) if row else 0


def remove_all(session: Session, subject: str) -> None:
    """Delete the codes of `subject`."""
    execute(session, _REMOVE_ALL, {"_subject": subject})


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    groups = range(0, _LENGTH, _GROUP)
    return "-".join(letters[start : start + _GROUP] for start in groups)


def _normalize(code: str) -> str:
    """Return a code without the variations of people who type it (case, separators)."""
    return "".join(filter(str.isalnum, code.lower()))


def _digest(key: bytes, subject: str, code: str) -> str:
    return hmac_sha256(key, "recovery code", subject, code)
