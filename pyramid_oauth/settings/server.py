"""Settings of the kernel (RFC 6749, RFC 6750, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.access_tokens import AccessTokenSettings
from pyramid_oauth.settings.converters import Lifetime
from pyramid_oauth.settings.profiles import PROFILES
from pyramid_oauth.settings.section import setting


@dataclass(frozen=True, kw_only=True)
class ServerSettings(AccessTokenSettings):
    """What the server is called, offers and limits, and for how long things live."""

    profile: str = setting(
        to.choice(*PROFILES),
        "oauth2.1",
        "Named bundle of defaults: `oauth2.1` (safe, the default); `browser`, for "
        "clients in a browser (RFC 10017); `mcp`, for servers of the Model Context "
        "Protocol; `fapi2`, the FAPI 2.0 Security Profile; `fapi2-signing`, with its "
        "Message Signing; or `legacy`, which adds the implicit and password grants "
        "and does not require PKCE. A setting of yours takes precedence.",
    )
    issuer: str | None = setting(
        to.optional_issuer,
        None,
        "The issuer identifier: the absolute URL under which clients reach the server, "
        "or `env:NAME`. Advertised URLs are built from it, never from the Host header.",
    )
    extensions: tuple[str, ...] | None = setting(
        to.optional_words,
        None,
        "The extensions to include, by the names of their packages in "
        "`pyramid_oauth.extensions`, and yours by dotted names; unset, all of ours "
        "(`jwks` where something signs, `connections` and `applications` where you "
        "name them). The word `default` stands for those, and for what the profile "
        "adds. Empty, the server knows RFC 6749, 6750 and 8414 alone.",
    )
    prefix: str | None = setting(
        to.optional_text,
        None,
        "Path at which the tree is mounted, `/` for the root; unset, mount it with "
        "`config.add_oauth_server(prefix)` or graft it into your own tree.",
    )
    session: Any = setting(
        to.text_or_callable,
        "dbsession",
        "The request attribute that holds the SQLAlchemy session, or a callable (or "
        "its dotted name) that returns it for a request.",
    )
    accounts: Any = setting(
        to.optional_dotted,
        None,
        "The adapter to resource owners: an `Accounts` subclass or instance. The "
        "default uses `request.authenticated_userid`.",
    )
    administrators: tuple[str, ...] = setting(
        to.words,
        (),
        "Principals of your security policy, such as `group:admins`, that have every "
        "permission in the tree: on the pages that administrate it, they manage what "
        "belongs to others. Without any, no page asks your policy.",
    )
    login_url: str = setting(
        to.text,
        "/login",
        "The login page to which the default accounts adapter redirects; the URL to "
        "return to is in the query parameter `next`.",
    )
    grant_types: tuple[str, ...] = setting(
        to.words,
        ("authorization_code", "client_credentials", "refresh_token"),
        "Grant types that the server supports.",
    )
    response_types: tuple[str, ...] = setting(
        to.lines,
        ("code",),
        "Response types, one a line; without `authorization_code` none by default.",
    )
    token_endpoint_auth_methods: tuple[str, ...] = setting(
        to.words,
        ("client_secret_basic", "client_secret_post", "private_key_jwt", "none"),
        "Client authentication methods that the server supports; there is also "
        "`client_secret_jwt`, for which secrets are stored encrypted, not hashed.",
    )
    client_auth_attempts: int = setting(
        to.integer(0, 100_000),
        20,
        "Failed authentications of one client from one source within "
        "`client_auth_window`; 0 means no limit.",
    )
    client_auth_source_attempts: int = setting(
        to.integer(0, 1_000_000),
        200,
        "Failed authentications from one source within `client_auth_window`, whatever "
        "the clients; 0 means no limit.",
    )
    client_auth_window: int = setting(
        to.seconds, 15 * 60, "Seconds in which failed authentications are counted."
    )
    password_hash_concurrency: int = setting(
        to.integer(1, 1000),
        2,
        "Passwords and chosen client secrets that a process checks at the same time; "
        "each takes 64 MiB and several cores (argon2).",
    )
    authorization_code_lifetime: Lifetime = setting(
        to.lifetime, 60, "Seconds until an authorization code expires."
    )
    authorization_request_lifetime: Lifetime = setting(
        to.lifetime,
        900,
        "Seconds for which a request waits for the resource owner's decision.",
    )
    authorization_request_size: int = setting(
        to.integer(1024, 16 * 1024 * 1024),
        16 * 1024,
        "Maximum bytes of an authorization request that is stored, as JSON: pushed, or "
        "until the resource owner has decided.",
    )
    pending_requests: int = setting(
        to.integer(0, 1_000_000),
        300,
        "Authorization requests that one source may have stored within "
        "`authorization_request_lifetime` while nobody is logged in; 0: no limit.",
    )
    unredeemed_grants: int = setting(
        to.integer(0, 1_000_000),
        100,
        "Grants of one user with a code that is not redeemed. Beyond, those whose code "
        "expired are deleted; if all are valid, the request is refused. 0: no limit.",
    )
    access_token_lifetime: Lifetime = setting(
        to.lifetime,
        3600,
        "Seconds until an access token expires; also a callable of the request.",
    )
    grant_access_token_lifetimes: Mapping[str, Lifetime] = setting(
        to.lifetimes,
        {},
        "Access token lifetimes of single grant types, one `grant_type = seconds` a "
        "line. They take precedence over `access_token_lifetime`; that of an "
        "application takes precedence over both.",
    )
    refresh_token_idle_lifetime: Lifetime = setting(
        to.lifetime, 14 * 86400, "Seconds until an unused refresh token expires."
    )
    refresh_token_absolute_lifetime: Lifetime = setting(
        to.lifetime,
        90 * 86400,
        "Seconds until a refresh token expires, even if it is used.",
    )
    rotate_refresh_tokens: bool = setting(
        to.boolean,
        True,
        "Issue a new refresh token at every refresh; for public clients this is "
        "so in any case (RFC 9700 section 2.2.2).",
    )
    refresh_token_grace: int = setting(
        to.seconds,
        60,
        "Seconds for which a superseded refresh token is answered with the same "
        "successor (lost answers, parallel tabs): the longest outage or client "
        "back-off that a session survives. 0 is strict: every second use is a replay.",
    )
    refresh_token_collision_window: int = setting(
        to.seconds,
        0,
        "Seconds after a rotation in which a superseded token, where "
        "`refresh_token_grace` is shorter, is refused as a collision of parallel "
        "requests; later, and with 0 at once, it is a replay and revokes the grant.",
    )
    request_approval_prompt: str = setting(
        to.choice("auto", "force"),
        "auto",
        "`force` asks for consent each time, `auto` only for new scopes. A client can "
        "request `force` by `approval_prompt`, but not relax this setting.",
    )
    consent_lifetime: int = setting(
        to.seconds, 0, "Seconds for which a consent is valid; 0 means forever."
    )
    secret: tuple[bytes, ...] = setting(
        to.secrets,
        (),
        "Key of the keyed hashes in refresh tokens: at least 32 random bytes, "
        "`file:PATH` or `env:NAME`. One a line: the first is used, all are accepted.",
        secret=True,
    )
    allow_localhost_redirect: bool = setting(
        to.boolean,
        False,
        "Treat `http://localhost` like loopback addresses, with any port "
        "(RFC 8252 section 8.3 advises against it).",
    )
    native_redirect_uris: tuple[str, ...] = setting(
        to.words,
        (),
        "Redirect URIs with a private-use scheme that has no domain name, which native "
        "clients have in fact: exact ones (`cursor://anysphere.cursor-mcp/oauth/"
        "callback`), or schemes (`vscode:`). The `application_type` does not matter "
        "for them. An application of an administrator may have its own, as "
        "`native_redirect_uris` of its client metadata.",
    )
    allow_redirect_wildcards: bool = setting(
        to.boolean,
        False,
        "Let an application register `https://*.example.org/…`, where `*` is exactly "
        "one host label (RFC 9700 section 2.1 requires exact comparison); never below "
        "a public suffix such as `co.uk` or `github.io`. Needs the extra `wildcards`.",
    )
    allow_http: bool = setting(
        to.boolean,
        False,
        "Accept an http issuer and http redirect URIs on any host.",
    )
    allow_known_secrets: bool = setting(
        to.boolean,
        False,
        "Accept secrets and demo passwords that everybody knows, at an issuer that "
        "others can reach: for a demonstration or a conformance run.",
    )
    realm: str = setting(to.text, "oauth", "The realm named in WWW-Authenticate.")
    default_audience: tuple[str, ...] = setting(
        to.words,
        (),
        "Audience of access tokens when the request names no resource.",
    )
    purge_interval: int = setting(
        to.seconds,
        0,
        "Seconds between two purges by a thread of one serving process; 0: only "
        "`pyramid-oauth purge` deletes expired rows. The ready-made server has 600.",
    )
    client_cache_size: int = setting(
        to.integer(0, 1_000_000),
        1000,
        "Applications cached by each process. A statement that each request runs in "
        "any case verifies that the copy is current. 0 disables the cache.",
    )
    body_limit: int = setting(
        to.integer(1024, 16 * 1024 * 1024),
        64 * 1024,
        "Maximum bytes of a request body.",
    )
    cors_max_age: int = setting(
        to.seconds, 600, "Seconds for which a browser may cache a preflight response."
    )
    service_documentation: str | None = setting(
        to.optional_text, None, "URL of your documentation for client developers."
    )
    op_policy_uri: str | None = setting(
        to.optional_text, None, "URL of your policy for the use of data by clients."
    )
    op_tos_uri: str | None = setting(
        to.optional_text, None, "URL of your terms of service for clients."
    )
    key_encryption_keys: tuple[bytes, ...] = setting(
        to.secrets,
        (),
        "Secrets that encrypt private keys and client secrets in the database: 32 "
        "random bytes or more, `file:PATH` or `env:NAME`. One a line: the first "
        "encrypts, all decrypt. Default: `secret`.",
        secret=True,
    )
    ui_locales: tuple[str, ...] = setting(
        to.words,
        (),
        "Languages of your pages, as BCP 47 tags (`ui_locales_supported`).",
    )
    form_targets: tuple[str, ...] = setting(
        to.words,
        (),
        "Where clients redirect on to, besides https: CSP sources such as `myapp:`.",
    )
    assertion_leeway: int = setting(
        to.seconds, 30, "Accepted difference of a client's clock, in seconds."
    )
