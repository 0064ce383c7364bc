"""Key store in the database: generate, import, rotate and retire keys.

OpenID Connect Core section 10.1.1; `keystore.rotation` plans the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.jose.errors import NoSuchKey, UnusableKey
from pyramid_oauth.jose.jwk import Key, generate, private_jwk, public_jwk
from pyramid_oauth.keystore.encryption import Seal
from pyramid_oauth.keystore.key_ring import RingKey, State
from pyramid_oauth.keystore.models import AbstractSigningKey
from pyramid_oauth.keystore.rotation import (
    Action,
    Generate,
    Intervals,
    Promote,
    Supersede,
    plan,
)
from pyramid_oauth.keystore.sources import serialize_private


class KeyStore:
    """The keys of one issuer, changed in the caller's transaction.

    `model` is the mapped class. It flushes and never commits.
    """

    def __init__(
        self,
        session: Session,
        model: type[AbstractSigningKey],
        seal: Seal,
        issuer: str = "",
    ) -> None:
        self._session, self._model = session, model
        self._seal, self._issuer = seal, issuer
        self._statement = (
            select(model)
            .where(model.issuer == issuer)
            .order_by(model.published_at.desc(), model.kid)
        )

    def records(self) -> Sequence[AbstractSigningKey]:
        """Return all keys of the issuer, the latest published first."""
        return self._session.scalars(self._statement).all()

    def _lock_keys(self) -> Sequence[AbstractSigningKey]:
        """Return all keys with row locks: two rotations must not use the same state."""
        statement = self._statement.with_for_update()
        options = {"populate_existing": True}
        return self._session.scalars(statement, execution_options=options).all()

    def generate(
        self, alg: str, state: State = State.NEXT, *, rsa_bits: int = 2048
    ) -> AbstractSigningKey:
        """Generate a key for `alg`; UnusableKey for an unknown algorithm."""
        key = generate(alg, rsa_bits=rsa_bits)
        while key.thumbprint().startswith("-"):
            # A command would read such a `kid` as an option.
            key = generate(alg, rsa_bits=rsa_bits)
        return self.add(key, alg, state)

    def add(self, key: Key, alg: str, state: State = State.NEXT) -> AbstractSigningKey:
        """Add a private key; UnusableKey if unsuitable, public or already stored."""
        sealed = self._seal.seal(serialize_private(private_jwk(key)))
        ring_key = RingKey.of(key, alg, state)
        if self._session.get(self._model, ring_key.kid) is not None:
            raise UnusableKey(f"the key {ring_key.kid} is there already")
        record = self._model()
        record.kid, record.alg, record.issuer = ring_key.kid, alg, self._issuer
        record.public_jwk = dict(public_jwk(key, use=ring_key.use, alg=alg))
        record.sealed, record.compromised = sealed, False
        record.published_at = now()
        _set_state(record, state, now())
        self._session.add(record)
        self._session.flush()
        return record

    def rotate(
        self, intervals: Intervals, algorithms: Sequence[str] = ()
    ) -> tuple[Action, ...]:
        """Do what is due by now, and say what it was."""
        actions = plan(now(), self._lock_keys(), intervals, algorithms)
        for action in actions:
            self._do(action)
        self._session.flush()
        return actions

    def _do(self, action: Action) -> None:
        if isinstance(action, Generate):
            self.generate(action.alg, action.state)
        elif isinstance(action, Promote):
            _set_state(self.get(action.kid), State.ACTIVE, now())
        elif isinstance(action, Supersede):
            _set_state(self.get(action.kid), State.RETIRING, now())
        else:
            _set_state(self.get(action.kid), State.RETIRED, now())

    def rotate_at_once(self, alg: str) -> AbstractSigningKey:
        """Let another key sign now, made if there is none; see `promote`."""
        next_keys = [
            record
            for record in self._lock_keys()
            if record.alg == alg and record.state == State.NEXT
        ]
        chosen = next_keys[-1] if next_keys else self.generate(alg)
        self.promote(chosen.kid)
        return chosen

    def get(self, kid: str) -> AbstractSigningKey:
        """Return the key of this identifier, or raise NoSuchKey."""
        record = self._session.get(self._model, kid)
        if record is None or record.issuer != self._issuer:
            raise NoSuchKey(f"there is no key {kid}")
        return record

    def promote(self, kid: str) -> None:
        """Make a next key active immediately, and the active one retiring.

        Verifiers with a cached key set from before the key was published refuse its
        signatures until they reload.
        """
        chosen = self.get(kid)
        if chosen.state != State.NEXT:
            raise UnusableKey(f"the key {kid} is {chosen.state}, not next")
        self._supersede(chosen.alg)
        _set_state(chosen, State.ACTIVE, now())
        self._session.flush()

    def _supersede(self, alg: str) -> None:
        for record in self._lock_keys():
            if record.alg == alg and record.state == State.ACTIVE:
                _set_state(record, State.RETIRING, now())

    def retire(self, kid: str, *, compromised: bool = False) -> None:
        """Stop using a key; an active one is replaced in the same step.

        It verifies until `rotate` retires it. A `compromised` one is retired
        immediately, and all its signatures are refused.
        """
        record = self.get(kid)
        if record.state == State.ACTIVE:
            self.rotate_at_once(record.alg)
        if compromised:
            record.compromised = True
        if compromised or record.state == State.NEXT:
            _set_state(record, State.RETIRED, now())
        self._session.flush()

    def reseal(self) -> int:
        """Encrypt all private keys under the first key-encryption key; return how many.

        Then older key-encryption keys can be removed from the settings.
        """
        resealed = 0
        for record in self._lock_keys():
            if record.sealed is not None and not self._seal.is_current(record.sealed):
                record.sealed = self._seal.seal(self._seal.open(record.sealed))
                resealed += 1
        self._session.flush()
        return resealed


def _set_state(record: AbstractSigningKey, state: State, moment: datetime) -> None:
    record.state = state.value
    if state is State.ACTIVE:
        record.activated_at = moment
    elif state is State.RETIRING:
        record.retiring_at = moment
    elif state is State.RETIRED:
        record.retired_at, record.sealed = moment, None
