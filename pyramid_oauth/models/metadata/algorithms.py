"""Which algorithms go with which keys, secrets and response types of a client.

OpenID Connect Dynamic Client Registration 1.0 section 2, OpenID Connect Core sections
2 and 10. Which ones the server offers is asked elsewhere.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.models.redirection import Rules

Errors = dict[str, list[str]]
SIGNING = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "request_object_signing_alg",
)
ENCRYPTION = (
    "id_token_encrypted_response",
    "userinfo_encrypted_response",
    "request_object_encryption",
)


def algorithms(application: Any, rules: Rules, errors: Errors) -> None:
    """Every algorithm has the key it needs."""

    def add(field: str, problem: str) -> None:
        errors.setdefault(field, []).append(problem)

    for name in SIGNING:
        if is_secret(application.declared(name)) and not application.client_secret:
            add(name, "needs a client secret as its key")
    for stem in ENCRYPTION:
        alg, enc = (application.declared(f"{stem}_{end}") for end in ("alg", "enc"))
        if enc is not None and alg is None:
            add(f"{stem}_enc", f"needs {stem}_alg")
        if is_secret(alg) and not application.client_secret:
            add(f"{stem}_alg", "needs a client secret as its key")
        elif alg and stem.endswith("response") and not _has_keys(application, alg):
            add(f"{stem}_alg", "needs jwks or jwks_uri")
    _unsigned(application, add)
    _request_objects(application, add)
    _assertions(application, add)


def is_secret(alg: Any) -> bool:
    """Whether the client's secret is the key of `alg`."""
    return isinstance(alg, str) and (alg.startswith("HS") or alg == "dir")


def _has_keys(application: Any, alg: Any) -> bool:
    if is_secret(alg):
        return True
    return any(application.declared(name) for name in ("jwks", "jwks_uri"))


def _unsigned(application: Any, add: Any) -> None:
    """No unsigned ID Token leaves through the browser (Core section 2)."""
    name = "id_token_signed_response_alg"
    in_front = any(
        "id_token" in str(item).split() for item in application.response_types
    )
    if application.declared(name) == "none" and in_front:
        add(name, "none is for response types that bring no id_token")


def _request_objects(application: Any, add: Any) -> None:
    """Keys only where nothing else than signed requests is to be taken.

    Some clients name an algorithm in any case, and never send an object.
    """
    name = "request_object_signing_alg"
    alg = application.declared(name)
    if alg is None or not application.declared("require_signed_request_object"):
        return
    if alg == "none":
        add(name, "none contradicts require_signed_request_object")
    elif not _has_keys(application, alg):
        add(name, "needs jwks or jwks_uri")


def _assertions(application: Any, add: Any) -> None:
    name = "token_endpoint_auth_signing_alg"
    alg, method = application.declared(name), application.token_endpoint_auth_method
    if alg is None or method not in ("private_key_jwt", "client_secret_jwt"):
        return
    if is_secret(alg) != (method == "client_secret_jwt") or alg in ("none", "dir"):
        add(name, f"does not go with {method}")
