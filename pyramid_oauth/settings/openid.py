"""The settings of the OpenID Provider (OpenID Connect Core, Discovery, the logouts)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.converters import Lifetime
from pyramid_oauth.settings.section import Section, setting


@dataclass(frozen=True, kw_only=True)
class OpenIDSettings(Section):
    """Keys, ID Tokens, authentication requests, sessions and logout."""

    openid: bool = setting(
        to.boolean,
        False,
        "Be an OpenID Provider: ID Tokens, UserInfo, JWKS, discovery and RP-Initiated "
        "Logout. Off, none of them is in the tree.",
    )
    signing_algorithms: tuple[str, ...] = setting(
        to.words,
        ("RS256",),
        "Algorithms for which the server keeps a key of its own: RS256 … RS512, PS256 "
        "… PS512, ES256 … ES512, EdDSA; also RSA-OAEP, RSA-OAEP-256 and ECDH-ES for "
        "what clients encrypt to the server. RS256 signs where a client names none.",
    )
    key_encryption_keys: tuple[bytes, ...] = setting(
        to.secrets,
        (),
        "Secrets under which private keys and client secrets are sealed in the "
        "database; at least 32 random bytes, `file:PATH` or `env:NAME`. One a line: "
        "the first seals, all open. Default: `secret`.",
        secret=True,
    )
    signing_key_files: tuple[str, ...] = setting(
        to.lines,
        (),
        "Private keys in PEM or JWK files, one `PATH [ALG] [STATE]` a line; the state "
        "is `next`, `active` (the default) or `retiring`.",
    )
    signing_key_password: bytes | None = setting(
        to.optional_password,
        None,
        "Password of those PEM files in `signing_key_files` that have one; "
        "`file:PATH` or `env:NAME`.",
        secret=True,
    )
    signers: Any = setting(
        to.optional_callable,
        None,
        "A callable that returns pairs of a signer (HSM, KMS) and its state.",
    )
    jwks_max_age: int = setting(
        to.seconds, 3600, "Seconds for which a verifier may cache the JWKS."
    )
    key_reload_interval: int = setting(
        to.seconds, 60, "Seconds after which a process looks for changed keys."
    )
    key_rotation_age: int = setting(
        to.seconds,
        90 * 86400,
        "Seconds after which `pyramid-oauth keys rotate` replaces a signing key.",
    )
    key_token_lifetime: int = setting(
        to.seconds,
        86400,
        "Seconds for which a key that no longer signs stays published: the longest "
        "life of anything it signed.",
    )
    key_retired_lifetime: int = setting(
        to.seconds,
        400 * 86400,
        "Seconds for which the public half of a retired key is kept, to know an old "
        "`id_token_hint` by; then `pyramid-oauth purge` deletes it.",
    )
    id_token_lifetime: Lifetime = setting(
        to.lifetime, 3600, "Seconds until an ID Token expires."
    )
    id_token_scope_claims: bool = setting(
        to.boolean,
        False,
        "Put the claims of scopes such as `profile` into every ID Token, not only "
        "where no access token is issued (OpenID Connect Core section 5.4).",
    )
    pairwise_salt: tuple[bytes, ...] = setting(
        to.secrets,
        (),
        "Key of pairwise subjects; with one, clients may ask for `subject_type` "
        "pairwise. Changing it changes every pairwise subject.",
        secret=True,
    )
    acr_values: tuple[str, ...] = setting(
        to.words,
        (),
        "Authentication context class references that your accounts adapter can "
        "reach, the weakest first.",
    )
    ui_locales: tuple[str, ...] = setting(
        to.words,
        (),
        "Languages of your pages, as BCP 47 tags (`ui_locales_supported`).",
    )
    request_objects: bool = setting(
        to.boolean,
        True,
        "Accept signed request objects in the `request` parameter (Core section 6.1, "
        "RFC 9101); with `openid` only.",
    )
    request_uris: bool = setting(
        to.boolean,
        False,
        "Accept request objects by reference (`request_uri`), from URIs which the "
        "client registered (Core section 6.2).",
    )
    request_uri_hash_binding: bool = setting(
        to.boolean,
        True,
        "Refuse what is fetched where the fragment of the `request_uri` is the hash of "
        "something else. Off, such a fragment only has it fetched anew, which is all "
        "that Core section 6.2 asks.",
    )
    unsigned_request_objects: bool = setting(
        to.boolean,
        False,
        "Let a client register `none` for its request objects: nobody vouches for "
        "what they say (RFC 9101 section 10.8 forbids it).",
    )
    undeclared_request_objects_unsigned: bool = setting(
        to.boolean,
        False,
        "With `unsigned_request_objects`: take them also from clients that registered "
        "no algorithm at all, as OpenID Registration section 2 has it.",
    )
    session_management: bool = setting(
        to.boolean,
        False,
        "Offer `check_session_iframe` and `session_state` (OpenID Connect Session "
        "Management). Sets a cookie that scripts of this origin can read.",
    )
    frontchannel_logout: bool = setting(
        to.boolean,
        False,
        "Load the clients' `frontchannel_logout_uri` at logout (OpenID Connect "
        "Front-Channel Logout).",
    )
    backchannel_logout: bool = setting(
        to.boolean,
        False,
        "Send logout tokens to the clients' `backchannel_logout_uri` (OpenID Connect "
        "Back-Channel Logout); they leave through the outbox.",
    )
    logout_token_lifetime: int = setting(
        to.seconds, 120, "Seconds until a logout token expires."
    )
    logout_revokes: str = setting(
        to.choice("nothing", "session", "everything"),
        "session",
        "Which tokens die at logout: those of OpenID clients without "
        "`offline_access` (`session`), all that were issued in the session "
        "(`everything`), or none (`nothing`).",
    )
    outbox_in_process: bool = setting(
        to.boolean,
        False,
        "Deliver outbound messages by a thread of this process; otherwise run "
        "`pyramid-oauth outbox`.",
    )
    outbox_attempts: int = setting(
        to.integer(1, 100),
        8,
        "Attempts after which an outbound message is dead; each waits twice as long "
        "as the one before.",
    )
    outbox_delay: int = setting(
        to.seconds, 10, "Seconds until the second attempt at a message."
    )
    outbox_dead_lifetime: int = setting(
        to.seconds,
        30 * 86400,
        "Seconds for which a dead message is kept for people to look at; then "
        "`pyramid-oauth purge` deletes it.",
    )
