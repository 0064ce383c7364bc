"""WebAuthn ceremonies: options for the browser, and verification of its responses.

WebAuthn Level 3, sections 7.1 (a new passkey) and 7.2 (a login), by py_webauthn.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from pyramid_oauth.standalone.accounts import passkeys
from pyramid_oauth.standalone.accounts.authentication_context import (
    Methods,
    by_passkey,
)
from pyramid_oauth.standalone.accounts.relying_party import RelyingParty

with suppress(ImportError):  # includeme reports the missing extra `second-factors`
    import webauthn
    from webauthn.authentication.verify_authentication_response import (
        VerifiedAuthentication,
    )
    from webauthn.helpers import (
        base64url_to_bytes,
        parse_authentication_credential_json,
        parse_client_data_json,
    )
    from webauthn.helpers.structs import (
        AuthenticationCredential,
        AuthenticatorSelectionCriteria,
        AuthenticatorTransport,
        CredentialDeviceType,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

log = logging.getLogger(__name__)

TIMEOUT = 300_000
"""Milliseconds for which a browser waits for the user."""

IsChallenge = Callable[[bytes], bool]
"""Whether the browser was given this challenge."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A verified assertion: the passkey, the methods and the challenge."""

    passkey: Row[Any]
    amr: Methods
    challenge: bytes


def creation_options(
    party: RelyingParty,
    user: Any,  # noqa: ANN401 - a row with subject, username and display_name
    challenge: bytes,
    known: Sequence[Row[Any]],
    verification: str,
) -> str:
    """Return the options of `navigator.credentials.create`, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.id,
        user_id=user.subject.encode(),
        user_name=user.username,
        user_display_name=user.display_name or user.username,
        challenge=challenge,
        timeout=TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement(verification),
        ),
        exclude_credentials=_describe(known),
    )
    return webauthn.options_to_json(options)


def request_options(
    party: RelyingParty,
    challenge: bytes,
    allowed: Sequence[Row[Any]],
    verification: str,
) -> str:
    """Return the options of `navigator.credentials.get`, as JSON.

    Without `allowed` the user chooses among the passkeys that the browser knows.
    """
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=_describe(allowed),
        user_verification=UserVerificationRequirement(verification),
    )
    return webauthn.options_to_json(options)


def _describe(rows: Sequence[Row[Any]]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=row.credential_id,
            transports=[AuthenticatorTransport(name) for name in row.transports.split()]
            or None,
        )
        for row in rows
    ]


def verify_creation(
    party: RelyingParty, answer: str, is_challenge: IsChallenge, *, must_verify: bool
) -> tuple[dict[str, Any], bytes, bool] | None:
    """Verify the answer to `creation_options`.

    Returns:
        The values of the new passkey, the challenge, and whether the user was
        verified; None if it is refused.
    """
    try:
        challenge = _challenge_of(answer)
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=must_verify,
        )
        transports = _transports_of(answer)
    except Exception as error:  # parsers of foreign input raise many kinds
        _log_refusal(error)
        return None
    if not is_challenge(challenge):
        _log_refusal("unknown challenge")
        return None
    values = {
        "credential_id": verified.credential_id,
        "public_key": verified.credential_public_key,
        "sign_count": verified.sign_count,
        "transports": transports,
        "is_synced": _is_synced(verified.credential_device_type),
        "is_backed_up": verified.credential_backed_up,
    }
    return values, challenge, verified.user_verified


def verify_request(
    session: Session,
    party: RelyingParty,
    answer: str,
    is_challenge: IsChallenge,
    *,
    subject: str | None,
    must_verify: bool,
) -> Assertion | None:
    """Verify the answer to `request_options`, and count the use of the passkey.

    Args:
        session: The session of the request.
        party: The relying party.
        answer: What the browser sent, as JSON.
        is_challenge: Whether the browser was given this challenge.
        subject: Whose passkey it must be; None: the user is found by it.
        must_verify: Whether the user must have been verified.

    Returns:
        Who logged in and how; None if the answer is refused.
    """
    found = _find_passkey(session, answer, subject)
    if found is None:
        return None
    row, credential, challenge = found
    if not is_challenge(challenge):
        _log_refusal("unknown challenge")
        return None
    verified = _verify(party, credential, challenge, row, must_verify)
    if verified is None or not passkeys.use(
        session,
        row.credential_digest,
        verified.new_sign_count,
        is_backed_up=verified.credential_backed_up,
    ):
        return None
    amr = by_passkey(user_verified=verified.user_verified, is_synced=row.is_synced)
    return Assertion(row, amr, challenge)


def _find_passkey(
    session: Session, answer: str, subject: str | None
) -> tuple[Row[Any], AuthenticationCredential, bytes] | None:
    """Return the passkey of an answer, its parsed form and its challenge, or None."""
    try:
        credential = parse_authentication_credential_json(answer)
        challenge = _challenge_of(answer)
    except Exception as error:  # parsers of foreign input raise many kinds
        _log_refusal(error)
        return None
    row = passkeys.find(session, credential.raw_id)
    handle = credential.response.user_handle
    if row is None or not _is_owner(row.subject, subject, handle):
        _log_refusal("unknown passkey")
        return None
    return row, credential, challenge


def _verify(
    party: RelyingParty,
    credential: AuthenticationCredential,
    challenge: bytes,
    row: Row[Any],
    must_verify: bool,
) -> VerifiedAuthentication | None:
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=must_verify,
        )
    except Exception as error:  # parsers of foreign input raise many kinds
        _log_refusal(error)
        return None
    # Section 7.2, item 19: whether a passkey may be copied never changes.
    is_same = _is_synced(verified.credential_device_type) == row.is_synced
    return verified if is_same else None


def _is_owner(owner: str, subject: str | None, handle: bytes | None) -> bool:
    """Whether the passkey belongs to the user (section 7.2, item 6)."""
    if handle is not None and handle != owner.encode():
        return False
    return owner == subject if subject is not None else handle is not None


def _challenge_of(answer: str) -> bytes:
    """Return the challenge in the client data of the browser, without verifying it.

    Raises:
        ValueError: The page was in a frame of another origin (`crossOrigin`).
    """
    encoded = json.loads(answer)["response"]["clientDataJSON"]
    client_data = parse_client_data_json(base64url_to_bytes(encoded))
    if client_data.cross_origin:
        raise ValueError("asked for by a page of another origin")
    challenge: bytes = client_data.challenge
    return challenge


def _transports_of(answer: str) -> str:
    """Return the known transports among those that the browser names."""
    named = json.loads(answer)["response"].get("transports") or ()
    known = [each.value for each in AuthenticatorTransport]
    return " ".join(name for name in known if name in named)


def _is_synced(kind: CredentialDeviceType) -> bool:
    """Whether the passkey may be copied to other devices (backup eligibility)."""
    return kind == CredentialDeviceType.MULTI_DEVICE


def _log_refusal(reason: object) -> None:
    # The library repeats what the browser sent, which may have line breaks.
    log.warning("a passkey was refused: %.200r", str(reason))
