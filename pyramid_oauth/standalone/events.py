"""Events of the ready-made server, beside those of `pyramid_oauth.events`."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.events import AccountEvent


@dataclass(frozen=True, kw_only=True)
class SecondFactorAdded(AccountEvent):
    """A user added a second factor.

    Attributes:
        kind: "passkey" or "app".
    """

    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(AccountEvent):
    """A second factor was removed, by the user or an administrator.

    Attributes:
        kind: "passkey" or "app".
    """

    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(AccountEvent):
    """A user logged in with a recovery code.

    Attributes:
        left: How many codes remain.
    """

    left: int = 0
