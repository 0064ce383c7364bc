"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyramid_oauth.claims import ClaimsRegistration
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.roles import ROLES
from pyramid_oauth.server import EndpointRegistration, Registrations, TokenStep
from pyramid_oauth.tree.cookies import with_readable_cookies
from pyramid_oauth.tree.mount import ROUTE, root_factory
from pyramid_oauth.tree.node import REGISTRATIONS as ENDPOINTS

COLLECTED = "pyramid_oauth.registrations"


def collected(config: Any) -> Registrations:
    """What has been registered so far."""
    return config.registry[COLLECTED]  # type: ignore[no-any-return]


def _record(
    config: Any, category: str, name: str, value: Any, register: Callable[[], None]
) -> None:
    """The last two beats, alike for every directive."""
    shown = config.introspectable(category, name, name, "OAuth")
    shown["value"] = value
    config.action((category, name), register, introspectables=(shown,))


def add_oauth_server(config: Any, prefix: str = "") -> None:
    """Mount the tree at `prefix` (below the present route prefix)."""
    whole = "/".join(filter(None, (config.route_prefix, prefix.strip("/"))))
    segments = tuple(segment for segment in whole.split("/") if segment)
    made = collected(config)
    made.prefix = whole
    with config.route_prefix_context(prefix.strip("/") or None):
        config.add_route(
            ROUTE, "/*traverse", factory=root_factory(segments), oauth_endpoint=True
        )

    def mount() -> None:
        for add in made.views:
            add()

    config.action(("oauth server", "default"), mount, order=-5)


def add_oauth_view(config: Any, view: Any, context: Any, **options: Any) -> None:
    """Register a view of ours by context: for the mounted tree and for a graft."""
    options["decorator"] = with_readable_cookies
    config.add_view(view, context=context, **options)
    collected(config).views.append(
        lambda: config.add_view(view, context=context, route_name=ROUTE, **options)
    )


def set_oauth_models(config: Any, **classes: Any) -> None:
    """Name the classes of roles: ``set_oauth_models(AccessToken=MyToken)``."""
    settings = {role.name: role.setting for role in ROLES}
    for name, given in classes.items():
        if name not in settings:
            known = ", ".join(settings)
            raise ConfigurationError(
                f"no model role is called {name}; there are {known}"
            )
        _set_model(config, settings[name], given)


def set_oauth_application_factory(config: Any, factory: Any) -> None:
    """Name the Application class, or its dotted name."""
    _set_model(config, "application_factory", factory)


def _set_model(config: Any, setting: str, given: Any) -> None:
    made = collected(config)

    def register() -> None:
        made.models[setting] = given

    _record(config, "oauth models", setting, given, register)


def set_oauth_accounts(config: Any, accounts: Any) -> None:
    """Name the `Accounts` subclass or instance through which users are reached."""
    accounts = config.maybe_dotted(accounts)
    made = collected(config)

    def register() -> None:
        made.accounts = accounts

    _record(config, "oauth accounts", "accounts", accounts, register)


def set_oauth_scope_provider(config: Any, provider: Any) -> None:
    """Name the `ScopeProvider` subclass or instance."""
    provider = config.maybe_dotted(provider)
    made = collected(config)

    def register() -> None:
        made.scope_provider = provider

    _record(config, "oauth scope provider", "provider", provider, register)


def add_oauth_scope(config: Any, name: str, description: str = "") -> None:
    """Add a scope to the catalogue, with what the resource owner reads."""
    made = collected(config)

    def register() -> None:
        made.scopes[name] = description or name

    _record(config, "oauth scopes", name, description, register)


def add_oauth_grant(config: Any, name: str, factory: Any) -> None:
    """Register a grant type: `factory(server)` makes its oauthlib grant, once."""
    factory = config.maybe_dotted(factory)
    made = collected(config)

    def register() -> None:
        made.grants[name] = factory

    _record(config, "oauth grants", name, factory, register)


def add_oauth_response_type(config: Any, name: str, factory: Any) -> None:
    """Register a response type: `factory(server)` makes its oauthlib grant, once."""
    factory = config.maybe_dotted(factory)
    made = collected(config)

    def register() -> None:
        made.response_types[name] = factory

    _record(config, "oauth response types", name, factory, register)


def add_oauth_client_auth(config: Any, method: Any) -> None:
    """Register a client authentication method (an instance with a `name`)."""
    method = config.maybe_dotted(method)
    made = collected(config)

    def register() -> None:
        made.client_auth[method.name] = method

    _record(config, "oauth client authentication", method.name, method, register)


def add_oauth_endpoint(
    config: Any, name: str, node: Any, metadata: str | None = None
) -> None:
    """Add a child to the tree; `metadata` is its member in the server's metadata."""
    node = config.maybe_dotted(node)
    registration = EndpointRegistration(name, node, metadata)

    def register() -> None:
        collected(config).endpoints[name] = registration
        config.registry[ENDPOINTS][name] = registration

    _record(config, "oauth endpoints", name, registration, register)


def add_oauth_metadata(
    config: Any, name: str, contribute: Callable[[Any], Mapping[str, Any]]
) -> None:
    """Register what `contribute(server)` adds to the server's metadata."""
    contribute = config.maybe_dotted(contribute)
    made = collected(config)

    def register() -> None:
        made.metadata[name] = contribute

    _record(config, "oauth metadata", name, contribute, register)


def add_oauth_authorize_step(
    config: Any, name: str, step: Any, before: str | None = None
) -> None:
    """Add a named step to the authorization endpoint, at the end or `before` one."""
    step = config.maybe_dotted(step)
    made = collected(config)

    def register() -> None:
        names = [known for known, _ in made.authorize_steps]
        if before is not None and before not in names:
            raise ConfigurationError(f"there is no authorize step {before!r}")
        at = len(names) if before is None else names.index(before)
        made.authorize_steps.insert(at, (name, step))

    _record(config, "oauth authorize steps", name, step, register)


def add_oauth_token_step(config: Any, name: str, step: Any, check: Any = None) -> None:
    """Add a named step to every issue of tokens for a grant.

    `step(oauth, payload, grant_type)` may add members to the token response. `check(
    oauth, grant_type)`, where there is one, runs before anything is made and may refuse
    by raising an OAuth2Error. Both run before a code or refresh token is used up, which
    may still turn out to be another request's.
    """
    registration = TokenStep(config.maybe_dotted(step), config.maybe_dotted(check))
    made = collected(config)

    def register() -> None:
        made.token_steps[name] = registration

    _record(config, "oauth token steps", name, registration, register)


def add_oauth_outbox_kind(config: Any, name: str, prepare: Any) -> None:
    """Register how outbound messages of a kind are delivered.

    `prepare(request, message)` makes a `pyramid_oauth.outbox.Send`, or None where
    the message has become pointless; see `pyramid_oauth.outbox.Prepare`.
    """
    prepare = config.maybe_dotted(prepare)
    made = collected(config)

    def register() -> None:
        made.outbox_kinds[name] = prepare

    _record(config, "oauth outbox kinds", name, prepare, register)


def add_oauth_claims(
    config: Any,
    name: str,
    provider: Any,
    claims: Iterable[str],
    scope: str | None = None,
    targets: Iterable[str] = ("id_token", "userinfo"),
) -> None:
    """Register who provides `claims`; see `pyramid_oauth.claims.ClaimsProvider`.

    They are released where `scope` is granted (None: where a scope of OpenID Connect
    Core section 5.4 covers the claim, or always where none does) or where the client
    asked for them by the `claims` parameter, and only to `targets`: `id_token`,
    `userinfo`, `access_token`, `introspection`. The claims of the standard scopes stay
    out of an ID Token that comes with an access token (`id_token_scope_claims`).
    """
    registration = ClaimsRegistration(
        name, config.maybe_dotted(provider), tuple(claims), scope, frozenset(targets)
    )
    made = collected(config)

    def register() -> None:
        made.claims[name] = registration

    _record(config, "oauth claims", name, registration, register)


DIRECTIVES = (
    add_oauth_server,
    add_oauth_view,
    set_oauth_models,
    set_oauth_application_factory,
    set_oauth_accounts,
    set_oauth_scope_provider,
    add_oauth_scope,
    add_oauth_grant,
    add_oauth_response_type,
    add_oauth_client_auth,
    add_oauth_endpoint,
    add_oauth_metadata,
    add_oauth_authorize_step,
    add_oauth_token_step,
    add_oauth_claims,
    add_oauth_outbox_kind,
)


def includeme(config: Any) -> None:
    """Make the directives known."""
    config.registry[COLLECTED] = Registrations()
    config.registry[ENDPOINTS] = {}
    for directive in DIRECTIVES:
        config.add_directive(directive.__name__, directive)
