"""Who may register, how often, and on whose word."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from pyramid.exceptions import ConfigurationExecutionError
from sqlalchemy.orm import Session

from pyramid_oauth.clock import frozen, now
from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.server import SERVER
from tests.support.client_keys import ISSUER, key_set, sign_claims
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
PUBLISHER = "https://publisher.example"


def token_for(host, uses=1, lifetime=60):
    """An initial access token, as the command line would issue it."""
    records = host.wsgi.registry[SERVER].repositories
    until = now() + timedelta(seconds=lifetime)
    with Session(host.engine) as session:
        _, token = records.initial_access_tokens.new(
            session, expires_at=until, uses=uses, note=""
        )
        session.commit()
    return token


def bearer_headers(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.spec("RFC 7591", "3")
def test_an_initial_access_token_is_required_and_used_up(new_registry):
    registry = new_registry(registration="initial_access_token")
    bare = registry.send_registration(status=401)
    assert bare.headers["WWW-Authenticate"].startswith("Bearer ")
    token = token_for(registry.host, uses=2)
    for _ in range(2):
        registry.send_registration(headers=bearer_headers(token), status=201)
    refused = registry.send_registration(headers=bearer_headers(token), status=401)
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert registry.host.count("Application") == 2


def test_a_refused_registration_keeps_the_initial_access_token(new_registry):
    registry = new_registry(registration="initial_access_token")
    token = token_for(registry.host)
    registry.send_registration(client_name=7, headers=bearer_headers(token), status=400)
    registry.send_registration(headers=bearer_headers(token), status=201)


def test_an_initial_access_token_may_expire_or_be_unlimited(new_registry):
    registry = new_registry(registration="initial_access_token")
    old = token_for(registry.host, lifetime=-1)
    registry.send_registration(headers=bearer_headers(old), status=401)
    token = token_for(registry.host, uses=None)
    for _ in range(3):
        registry.send_registration(headers=bearer_headers(token), status=201)
    registry.send_registration(headers=bearer_headers("x" * 43), status=401)
    registry.send_registration(headers=bearer_headers("ü"), status=400)


def test_only_invalid_initial_access_tokens_are_rate_limited(new_registry):
    registry = new_registry(
        registration="initial_access_token", registration_token_attempts="3"
    )
    token = token_for(registry.host, uses=None)
    guesses = [
        registry.send_registration(headers=bearer_headers("x" * 43)) for _ in range(4)
    ]
    assert [each.status_int for each in guesses] == [401] * 3 + [429]
    assert 0 < int(guesses[-1].headers["Retry-After"]) <= 3601
    made = registry.send_registration(headers=bearer_headers(token), status=201).json
    registry.manage("GET", {**made, "registration_access_token": "x"}, status=429)
    registry.manage("GET", made, status=200)


@pytest.mark.postgresql
def test_an_initial_access_token_used_concurrently_registers_one_client(postgresql_url):
    host = Host(postgresql_url, registration="initial_access_token")
    registry = Registry(host)
    for round_ in range(1, 4):
        token, barrier = token_for(host), Barrier(CALLERS)

        def call(_, token=token, barrier=barrier):
            barrier.wait()
            return registry.send_registration(headers=bearer_headers(token)).status_int

        with ThreadPoolExecutor(CALLERS) as pool:
            found = sorted(pool.map(call, range(CALLERS)))
        assert found.count(201) == 1
        assert set(found) <= {201, 401, 429}
        assert host.count("Application") == round_
    host.engine.dispose()


@pytest.mark.parametrize(
    ("weaker", "told"),
    [
        ({"registration": "open"}, r"pyramid_oauth\.registration = open"),
        (
            {"registration": "initial_access_token", "registration_limit": "0"},
            r"pyramid_oauth\.registration_limit = 0",
        ),
    ],
)
def test_open_registration_is_warned_about_at_start_up(new_host, weaker, told):
    with pytest.warns(InsecureSettingWarning, match=told) as heard:
        new_host(**weaker)
    # The garbage of other tests may be warned of here too.
    assert len([one for one in heard if one.category is InsecureSettingWarning]) == 1


def only_shops(request, metadata):
    """A policy of the host's own, which also has a word to say."""
    metadata["contacts"] = ["shops@as.example"]
    return metadata.get("client_name", "").endswith("shop")


def test_a_policy_callable_can_refuse_and_change_a_registration(new_registry):
    registry = new_registry(registration=only_shops)
    made = registry.create_client(client_name="Bookshop")
    assert made["contacts"] == ["shops@as.example"]
    refused = registry.send_registration(client_name="Bank", status=403)
    assert refused.json["error"] == "access_denied"
    changed = build_update_request(made, client_name="Bank")
    registry.manage("PUT", made, changed, status=403)
    assert registry.load_application(made["client_id"]).name == "Bookshop"


@pytest.mark.spec("RFC 6585", "4")
def test_registrations_are_limited_per_source_address(new_registry):
    registry = new_registry(registration_limit="3")
    registry.registration_error(client_name=7)
    for _ in range(2):
        registry.create_client()
    refused = registry.send_registration(status=429)
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    other = registry.host.browser()
    sent = {"redirect_uris": ["https://client.example/cb"]}
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    other.post_json("/oauth/register", sent, extra_environ=elsewhere, status=201)
    with frozen(now() + timedelta(hours=1, seconds=1)):
        registry.create_client()


def test_an_ipv4_mapped_address_counts_as_its_ipv4_address(new_registry):
    registry = new_registry(registration_limit="1")
    browser = registry.host.browser()
    sent = {"redirect_uris": ["https://client.example/cb"]}

    def register(address):
        environ = {"REMOTE_ADDR": address}
        answer = browser.post_json(
            "/oauth/register", sent, extra_environ=environ, status="*"
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
    made = registry.create_client()
    bad = build_update_request(made, client_name=7)
    for _ in range(2):
        registry.manage("PUT", made, bad, status=400)
    answer = registry.manage("PUT", made, build_update_request(made), status=429)
    assert int(answer.headers["Retry-After"]) > 0
    registry.manage("GET", made, status=200)
    registry.manage("DELETE", made, status=204)


def test_addresses_of_one_ipv6_network_share_a_limit(new_registry):
    registry = new_registry(registration_limit="1")
    sent = {"redirect_uris": ["https://client.example/cb"]}

    def status(address):
        environ = {"REMOTE_ADDR": address}
        browser = registry.host.browser()
        return browser.post_json(
            "/oauth/register", sent, extra_environ=environ, status="*"
        ).status_int

    assert status("2001:db8::1") == 201
    assert status("2001:db8::2") == 429
    assert status("2001:db8:0:1::2") == 201
    assert status("no address") == 201


@pytest.mark.postgresql
def test_concurrent_registrations_are_counted_exactly(postgresql_url):
    with ignore_open_registration():
        host = Host(postgresql_url, registration="open", registration_limit="3")
    registry, barrier = Registry(host), Barrier(CALLERS)

    def call(_):
        barrier.wait()
        return registry.send_registration().status_int

    with ThreadPoolExecutor(CALLERS) as pool:
        found = sorted(pool.map(call, range(CALLERS)))
    assert found == [201] * 3 + [429] * (CALLERS - 3)
    host.engine.dispose()


@pytest.fixture
def trusting(new_registry, tmp_path):
    """A host that believes the publisher, whose keys lie in a file."""
    path = tmp_path / "publisher.json"
    path.write_text(json.dumps(key_set("RS256")))
    return new_registry(software_statement_issuers=f"{PUBLISHER} = file:{path}")


def statement(number=0, **claims):
    made = {"iss": PUBLISHER, "software_id": "shop", "client_name": "Shop", **claims}
    return sign_claims(made, "RS256", number)


@pytest.mark.spec("RFC 7591", "2.3")
@pytest.mark.spec("RFC 7591", "3.1.1")
def test_a_software_statement_overrides_the_request(trusting):
    said = statement()
    made = trusting.create_client(
        software_statement=said, client_name="Bank", software_id="x"
    )
    assert made["client_name"] == "Shop"
    assert made["software_id"] == "shop"
    assert made["software_statement"] == said
    assert "iss" not in made
    changed = trusting.manage(
        "PUT", made, build_update_request(made, client_name="Bank"), status=200
    )
    assert changed.json["client_name"] == "Shop"


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (lambda: statement(number=1), "invalid_software_statement"),
        (lambda: "a.b.c", "invalid_software_statement"),
        (lambda: 7, "invalid_software_statement"),
        (lambda: statement(iss=7), "invalid_software_statement"),
        (lambda: statement(exp=int(time.time()) - 120), "invalid_software_statement"),
        (lambda: statement(nbf=int(time.time()) + 120), "invalid_software_statement"),
        (lambda: statement(exp="soon"), "invalid_software_statement"),
        (lambda: statement(aud="https://x.example"), "invalid_software_statement"),
        (lambda: statement(iss="https://x.example"), "unapproved_software_statement"),
    ],
    ids=["key", "form", "type", "iss", "exp", "nbf", "soon", "aud", "issuer"],
)
def test_an_invalid_software_statement_is_refused(trusting, said, error):
    trusting.registration_error(error, software_statement=sign_without_checks(said))


def sign_without_checks(said):
    try:
        return said()
    except TypeError:  # PyJWT signs no issuer that is a number
        return sign_claims({"software_id": "x"}, "RS256")


def test_a_software_statement_with_our_issuer_as_audience_is_accepted(trusting):
    trusting.create_client(
        software_statement=statement(aud=[ISSUER], exp=time.time() + 60)
    )


@pytest.mark.spec("RFC 7591", "2")
def test_without_trusted_publishers_a_software_statement_is_ignored(registry):
    made = registry.create_client(software_statement=statement(), client_name="Mine")
    assert made["client_name"] == "Mine"
    assert "software_statement" not in made


def test_the_keys_of_a_publisher_are_fetched(new_registry, client_site):
    registry = new_registry(
        software_statement_issuers=f"{PUBLISHER} = {client_site.url}",
        **client_site.settings,
    )
    client_site.respond_with(key_set("RS256"))
    registry.create_client(software_statement=statement())
    client_site.respond_with(key_set("RS256", number=1))
    registry.create_client(software_statement=statement(number=1))
    assert client_site.server.connections == 2


def test_a_publisher_without_keys_stops_the_start(new_registry, tmp_path):
    (tmp_path / "empty.json").write_text("{}")
    for name in ("empty.json", "missing.json"):
        with pytest.raises((ConfigurationError, ConfigurationExecutionError)):
            new_registry(
                software_statement_issuers=f"{PUBLISHER} = file:{tmp_path / name}"
            )


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
def test_every_redirect_uri_must_be_in_the_sector_document(new_registry, client_site):
    registry = new_registry(**OPENID, **client_site.settings)
    uris = ["https://a.example/cb", "https://b.example/cb"]
    members = {"redirect_uris": uris, "subject_type": "pairwise"}
    assert "sector_identifier_uri" in registry.registration_error(**members)
    for says in (["https://a.example/cb"], {"a": 1}, 7, "x"):
        client_site.respond_with(says)
        client_site.url = f"{client_site.url}x"  # each one fetched anew
        told = registry.registration_error(
            **members, sector_identifier_uri=client_site.url
        )
        assert "sector_identifier_uri" in told
    client_site.respond_with([*uris, "https://c.example/cb"])
    client_site.url = f"{client_site.url}x"
    made = registry.create_client(**members, sector_identifier_uri=client_site.url)
    assert made["sector_identifier_uri"] == client_site.url
    sent = build_update_request(made, redirect_uris=[*uris, "https://d.example/cb"])
    answer = registry.manage("PUT", made, sent, status=400)
    assert "sector_identifier_uri" in answer.json["error_description"]


@pytest.mark.spec("OpenID Connect Core", "8")
def test_a_pairwise_subject_type_needs_a_salt(new_registry):
    registry = new_registry(**{**OPENID, "pairwise_salt": ""})
    assert "subject_type" in registry.registration_error(subject_type="pairwise")
