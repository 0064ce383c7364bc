"""The purge of registered clients that are not in use."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.cleanup import purge
from pyramid_oauth.clock import frozen, now
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.settings import Settings
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.registry import build_update_request

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"  # tokens of 50 days
)

UNUSED_LIFETIME = timedelta(days=30)
LATER = timedelta(days=31)


def purge_unused_clients(host, lifetime=UNUSED_LIFETIME, size=1000):
    """Purge now; the number of deleted unused clients."""
    seconds = int(lifetime.total_seconds())
    name = "pyramid_oauth.registration_unused_lifetime"
    settings = Settings.parse({name: str(seconds)})
    for section in (RegistrationSettings, KeystoreSettings, OutboxSettings):
        settings.add(section)

    @contextmanager
    def transaction():
        with Session(host.engine) as session:
            yield session
            session.commit()

    batches = list(purge(transaction, host.models, settings, size))
    return sum(batch.rows for batch in batches if batch.name == "unused clients")


def test_an_unused_client_is_deleted_after_the_unused_lifetime(registry):
    registration = registry.create_client()
    assert purge_unused_clients(registry.host) == 0
    with frozen(now() + LATER):
        assert purge_unused_clients(registry.host, lifetime=timedelta(0)) == 0
        assert purge_unused_clients(registry.host) == 1
    assert registry.load_application(registration["client_id"]) is None
    registry.manage("GET", registration, status=401)


def test_a_client_of_an_administrator_is_kept(registry):
    registry.host.register_client()
    with frozen(now() + LATER):
        assert purge_unused_clients(registry.host) == 0
    assert registry.load_application("web") is not None


def test_a_recently_changed_client_is_kept(registry):
    registration = registry.create_client()
    with frozen(now() + LATER):
        registry.manage(
            "PUT", registration, build_update_request(registration), status=200
        )
        assert purge_unused_clients(registry.host) == 0


@pytest.fixture
def registry_in_use(new_registry):
    """A registry whose client has a consent and a token."""
    registry = new_registry(consent_lifetime="60", access_token_lifetime="50d")
    registration = registry.create_client(
        token_endpoint_auth_method="client_secret_post"
    )
    client = {name: registration[name] for name in ("client_id", "client_secret")}
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser, client_id=client["client_id"]))[
        "code"
    ]
    browser.post("/oauth/token", build_code_exchange(code, client), status=200)
    return registry


def test_a_client_is_kept_while_it_has_valid_tokens(registry_in_use):
    with frozen(now() + LATER):
        assert purge_unused_clients(registry_in_use.host) == 0
    with frozen(now() + timedelta(days=100)):
        assert purge_unused_clients(registry_in_use.host) == 1
    for role in ("Application", "Grant", "AccessToken", "Consent"):
        assert registry_in_use.host.count(role) == 0


def test_a_client_with_a_consent_is_kept(registry):
    registration = registry.create_client()
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    authorize_client(browser, client_id=registration["client_id"])
    with frozen(now() + timedelta(days=3650)):
        assert purge_unused_clients(registry.host) == 0


def test_a_client_with_a_pending_request_is_kept(registry):
    registration = registry.create_client()
    with frozen(now() + LATER):
        browser = registry.host.browser()
        browser.get("/login?name=alice")
        parameters = build_authorization_request(client_id=registration["client_id"])
        page = browser.get("/oauth/authorize", parameters, status=303).follow(
            status=200
        )
        assert purge_unused_clients(registry.host) == 0
        page.forms["oauth-consent"].submit("decision", value="allow", status=303)


def test_unused_clients_are_deleted_in_batches(new_registry):
    registry = new_registry(registration_limit="0")
    for _ in range(7):
        registry.create_client()
    with frozen(now() + LATER):
        assert purge_unused_clients(registry.host, size=2) == 7
    assert registry.host.count("Application") == 0


def test_expired_counters_are_deleted(registry):
    registry.create_client()
    assert registry.host.count("Throttle") == 1
    with frozen(now() + timedelta(hours=2)):
        purge_unused_clients(registry.host)
    assert registry.host.count("Throttle") == 0


def test_a_client_with_a_client_credentials_token_is_kept(new_registry):
    registry = new_registry(
        registration_grant_types="client_credentials",
        grant_types="authorization_code client_credentials",
    )
    registration = registry.create_client(
        grant_types=["client_credentials"], response_types=[]
    )
    browser = registry.host.browser()
    browser.authorization = (
        "Basic",
        (registration["client_id"], registration["client_secret"]),
    )
    with frozen(now() + LATER):
        form = {"grant_type": "client_credentials"}
        browser.post("/oauth/token", form, status=200)
        assert purge_unused_clients(registry.host) == 0
    with frozen(now() + LATER * 2):
        assert purge_unused_clients(registry.host) == 1
