"""Who may register: open registration, policies, limits, sector identifiers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from pyramid_oauth.clock import frozen, now
from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.host import Host
from tests.support.registry import (
    OPENID,
    Registry,
    build_update_request,
    ignore_open_registration,
)

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.outbound_allow_private:"
    "pyramid_oauth.errors.InsecureSettingWarning"
)
CALLERS = 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"registration": "open"}, r"pyramid_oauth\.registration = open"),
        (
            {"registration": "initial_access_token", "registration_limit": "0"},
            r"pyramid_oauth\.registration_limit = 0",
        ),
    ],
)
def test_open_registration_is_warned_about_at_start_up(new_host, settings, message):
    with pytest.warns(InsecureSettingWarning, match=message) as caught:
        new_host(**settings)
    # Other tests may leave resource warnings.
    assert (
        len(
            [
                warning
                for warning in caught
                if warning.category is InsecureSettingWarning
            ]
        )
        == 1
    )


def accept_shops(request, metadata):
    """A policy of the host that refuses and changes registrations."""
    metadata["contacts"] = ["shops@as.example"]
    return metadata.get("client_name", "").endswith("shop")


def test_a_policy_callable_can_refuse_and_change_a_registration(new_registry):
    registry = new_registry(registration=accept_shops)
    registration = registry.create_client(client_name="Bookshop")
    assert registration["contacts"] == ["shops@as.example"]
    refused = registry.send_registration(client_name="Bank", status=403)
    assert refused.json["error"] == "access_denied"
    changed = build_update_request(registration, client_name="Bank")
    registry.manage("PUT", registration, changed, status=403)
    assert registry.load_application(registration["client_id"]).name == "Bookshop"


@pytest.mark.spec("RFC 6585", "4")
def test_registrations_are_limited_per_source_address(new_registry):
    registry = new_registry(registration_limit="3")
    registry.registration_error(client_name=7)
    for _ in range(2):
        registry.create_client()
    refused = registry.send_registration(status=429)
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    other = registry.host.browser()
    body = {"redirect_uris": ["https://client.example/cb"]}
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    other.post_json("/oauth/register", body, extra_environ=elsewhere, status=201)
    with frozen(now() + timedelta(hours=1, seconds=1)):
        registry.create_client()


def test_an_ipv4_mapped_address_counts_as_its_ipv4_address(new_registry):
    registry = new_registry(registration_limit="1")
    browser = registry.host.browser()
    body = {"redirect_uris": ["https://client.example/cb"]}

    def register(address):
        environ = {"REMOTE_ADDR": address}
        answer = browser.post_json(
            "/oauth/register", body, extra_environ=environ, status="*"
        )
        return answer.status_int

    assert register("::ffff:192.0.2.1") == 201
    assert register("::ffff:192.0.2.2") == 201
    assert register("192.0.2.2") == 429
    assert register("2001:db8:0:1::1") == 201
    assert register("2001:db8:0:1:ffff::2") == 429  # one host has the whole network
    assert register("fe80::1%eth0") == 201
    assert register("fe80::2%eth1") == 429


def test_a_refused_update_counts_towards_the_limit(new_registry):
    registry = new_registry(registration_limit="3")
    registration = registry.create_client()
    invalid = build_update_request(registration, client_name=7)
    for _ in range(2):
        registry.manage("PUT", registration, invalid, status=400)
    answer = registry.manage(
        "PUT", registration, build_update_request(registration), status=429
    )
    assert int(answer.headers["Retry-After"]) > 0
    registry.manage("GET", registration, status=200)
    registry.manage("DELETE", registration, status=204)


def test_addresses_of_one_ipv6_network_share_a_limit(new_registry):
    registry = new_registry(registration_limit="1")
    body = {"redirect_uris": ["https://client.example/cb"]}

    def status(address):
        environ = {"REMOTE_ADDR": address}
        browser = registry.host.browser()
        return browser.post_json(
            "/oauth/register", body, extra_environ=environ, status="*"
        ).status_int

    assert status("2001:db8::1") == 201
    assert status("2001:db8::2") == 429
    assert status("2001:db8:0:1::2") == 201
    assert status("no address") == 201


@pytest.mark.slow
@pytest.mark.postgresql
def test_concurrent_registrations_are_counted_exactly(postgresql_url):
    with ignore_open_registration():
        host = Host(postgresql_url, registration="open", registration_limit="3")
    registry, barrier = Registry(host), Barrier(CALLERS)

    def call(_):
        barrier.wait()
        return registry.send_registration().status_int

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = sorted(pool.map(call, range(CALLERS)))
    assert statuses == [201] * 3 + [429] * (CALLERS - 3)
    host.engine.dispose()


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
def test_every_redirect_uri_must_be_in_the_sector_document(new_registry, client_site):
    registry = new_registry(**OPENID, **client_site.settings)
    uris = ["https://a.example/cb", "https://b.example/cb"]
    members = {"redirect_uris": uris, "subject_type": "pairwise"}
    assert "sector_identifier_uri" in registry.registration_error(**members)
    for document in (["https://a.example/cb"], {"a": 1}, 7, "x"):
        client_site.respond_with(document)
        client_site.url = f"{client_site.url}x"  # each one fetched anew
        description = registry.registration_error(
            **members, sector_identifier_uri=client_site.url
        )
        assert "sector_identifier_uri" in description
    client_site.respond_with([*uris, "https://c.example/cb"])
    client_site.url = f"{client_site.url}x"
    registration = registry.create_client(
        **members, sector_identifier_uri=client_site.url
    )
    assert registration["sector_identifier_uri"] == client_site.url
    body = build_update_request(
        registration, redirect_uris=[*uris, "https://d.example/cb"]
    )
    answer = registry.manage("PUT", registration, body, status=400)
    assert "sector_identifier_uri" in answer.json["error_description"]


@pytest.mark.spec("OpenID Connect Core", "8")
def test_a_pairwise_subject_type_needs_a_salt(new_registry):
    registry = new_registry(**{**OPENID, "pairwise_salt": ""})
    assert "subject_type" in registry.registration_error(subject_type="pairwise")
