"""Challenges of passkeys: bound to a browser, short-lived, accepted once.

WebAuthn Level 3, section 13.4.3. A challenge contains its expiry time and a MAC,
so the server stores nothing until it is used; its use is counted like an attempt.
"""

from __future__ import annotations

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import hmac_sha256, is_hmac_sha256, new_credential
from pyramid_oauth.repositories.rate_limits import key_of
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

LIFETIME = 600
"""Seconds; as the specification recommends for a verified user (section 15.1)."""


def new_challenge(request: Request, purpose: str, binding: str) -> bytes:
    """Return a challenge.

    Args:
        request: The request of a page.
        purpose: What is signed with it, such as "log in".
        binding: A value that only this browser has, such as its CSRF token.
    """
    nonce, expires = new_credential(16), str(int(now().timestamp()) + LIFETIME)
    mac = hmac_sha256(_key(request), "challenge", purpose, binding, nonce, expires)
    return ".".join((nonce, expires, mac)).encode()


def is_challenge(
    request: Request, purpose: str, binding: str, challenge: bytes
) -> bool:
    """Whether `new_challenge` made this challenge and it has not expired."""
    nonce, _, rest = challenge.decode("ascii", "replace").partition(".")
    expires, _, mac = rest.partition(".")
    parts = ("challenge", purpose, binding, nonce, expires)
    if not is_hmac_sha256(mac, _key(request), *parts):
        return False
    return int(expires) > now().timestamp()


def use_challenge(request: Request, challenge: bytes) -> bool:
    """Record the use of a challenge; return whether it is the first use.

    One conditional statement decides, so that only one of parallel requests succeeds.
    """
    counters = request.oauth.server.repositories.rate_limits
    used = {key_of("challenge of a passkey", challenge.decode()): 1}
    wait: int = counters.attempt(request.dbsession, used, LIFETIME)
    return wait == 0


def _key(request: Request) -> bytes:
    options: StandaloneSettings = request.registry["standalone.options"]
    return options.session_secret
