"""Metadata documents over time: caches, outages, changes, races and limits."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from pyramid_oauth.cleanup import delete_applications, purge
from pyramid_oauth.clock import frozen, now
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.server import SERVER
from tests.support.client_keys import build_assertion_claims, key_set, sign_claims
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    parse_redirect,
    refresh_tokens,
)
from tests.support.metadata_documents import EXTENSION
from tests.support.servers import Server, build_response

DRAFT = "OAuth Client ID Metadata Document"
MINUTE, DAY = 60, 86400


def is_asked(answer):
    return answer.status_int == 303 and "/authorize/" in answer.location


def refresh(host, published, tokens):
    credentials = {"client_id": published.client_id}
    return refresh_tokens(host, credentials, tokens["refresh_token"])


def stored(host, published):
    """The application, as it is in the database."""
    with Session(host.engine) as session:
        query = session.query(host.models.Application)
        return query.filter_by(client_id=published.client_id).one()


@pytest.mark.spec(DRAFT, "4.4")
@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("max-age=3600", 3600),
        ("no-store", 5 * MINUTE),
        ("max-age=1", 5 * MINUTE),
        ("max-age=99999999", DAY),
    ],
)
def test_http_headers_say_when_it_is_fetched_again(
    document_host, published, frozen_clock, cache_control, seconds
):
    published.headers = {"Cache-Control": cache_control}
    published.authorize(document_host)
    frozen_clock.advance(seconds - 1)
    published.authorize(document_host)
    assert published.fetches == 1
    frozen_clock.advance(2)
    published.authorize(document_host)
    assert published.fetches == 2


@pytest.mark.spec(DRAFT, "4.4")
def test_failures_and_invalid_documents_are_not_kept(
    document_host, published, frozen_clock
):
    for status, members in (("500 Oops", {}), ("200 OK", {"client_secret": "s"})):
        published.status = status
        published.change(**members)
        assert published.authorize(document_host).status_int == 400
        frozen_clock.advance(11)
    published.change(client_secret=None)
    assert is_asked(published.authorize(document_host))


def test_within_its_cache_a_client_needs_no_document(document_host, published):
    tokens = published.obtain_tokens(document_host)
    published.site.server.close()
    assert published.authorize(document_host).status_int == 303
    assert refresh(document_host, published, tokens).status_int == 200


@pytest.mark.spec(DRAFT, "4.3")
def test_an_outage_ends_requests_to_users_but_not_their_tokens(
    document_host, published, frozen_clock
):
    tokens = published.obtain_tokens(document_host)
    published.status = "503 Service Unavailable"
    frozen_clock.advance(6 * MINUTE)
    assert published.authorize(document_host).status_int == 400
    answer = refresh(document_host, published, tokens)
    assert answer.status_int == 200
    frozen_clock.advance(2 * DAY)
    refused = refresh(document_host, published, answer.json)
    assert (refused.status_int, refused.json["error"]) == (401, "invalid_client")


def test_a_document_that_is_gone_ends_the_client(
    document_host, published, frozen_clock
):
    tokens = published.obtain_tokens(document_host)
    published.status = "404 Not Found"
    frozen_clock.advance(6 * MINUTE)
    assert refresh(document_host, published, tokens).status_int == 401


@pytest.mark.spec(DRAFT, "6.3")
@pytest.mark.parametrize(
    "members",
    [
        {"client_name": "Another name"},
        {"logo_uri": "https://other.example/logo.png"},
        {"redirect_uris": ["https://client.example/cb", "https://evil.example/cb"]},
    ],
)
def test_a_user_is_asked_again_after_a_change(
    document_host, published, frozen_clock, members
):
    published.obtain_tokens(document_host)
    assert not is_asked(published.authorize(document_host))
    published.change(**members)
    frozen_clock.advance(6 * MINUTE)
    assert is_asked(published.authorize(document_host))


def test_other_changes_ask_nobody(document_host, published, frozen_clock):
    published.obtain_tokens(document_host)
    published.change(tos_uri="https://client.example/terms")
    frozen_clock.advance(6 * MINUTE)
    assert not is_asked(published.authorize(document_host))
    application = stored(document_host, published)
    assert application.declared("tos_uri") == "https://client.example/terms"


@pytest.mark.spec(DRAFT, "6.2")
def test_a_client_authenticates_with_the_keys_of_its_document(
    new_document_host, published
):
    host = new_document_host(
        client_id_metadata_grant_types="client_credentials",
        client_id_metadata_allowed="localhost",
    )
    published.change(
        token_endpoint_auth_method="private_key_jwt",
        jwks=key_set("ES256"),
        grant_types=["client_credentials"],
        response_types=[],
        redirect_uris=[],
    )
    claims = build_assertion_claims(published.client_id)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:"
        "jwt-bearer",
        "client_assertion": sign_claims(claims, "ES256"),
    }
    browser = host.browser()
    assert browser.post("/oauth/token", form, status=200).json["access_token"]
    form = {"grant_type": "client_credentials", "client_id": published.client_id}
    browser.post("/oauth/token", form, status=401)


@pytest.mark.spec(DRAFT, "6.3")
def test_a_client_that_becomes_public_loses_its_grants(
    document_host, published, frozen_clock
):
    published.change(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set("ES256")
    )
    published.authorize(document_host)
    with Session(document_host.engine) as session:
        session.add(
            document_host.models.Grant(
                client_id=published.client_id,
                user_id="alice",
                scope="read",
                created_at=now(),
                expires_at=now(),
            )
        )
        session.commit()
    published.change(token_endpoint_auth_method="none", jwks=None)
    frozen_clock.advance(6 * MINUTE)
    published.authorize(document_host)
    assert stored(document_host, published).client_type == "public"
    with Session(document_host.engine) as session:
        assert session.query(document_host.models.Grant).one().revoked_at is not None


def test_what_an_administrator_has_set_stays(document_host, published, frozen_clock):
    published.obtain_tokens(document_host)
    document_host.update_application(
        published.client_id,
        disabled_at=now(),
        access_token_lifetime=60,
        client_metadata={"access_token_format": "opaque"},
    )
    published.change(client_name="Another name")
    frozen_clock.advance(6 * MINUTE)
    assert published.authorize(document_host).status_int == 400
    application = stored(document_host, published)
    assert application.name == "Another name"
    assert application.disabled_at is not None
    assert application.access_token_lifetime == 60
    assert application.client_metadata["access_token_format"] == "opaque"


def test_nobody_is_trusted_by_a_document(document_host, published, frozen_clock):
    published.authorize(document_host)
    document_host.update_application(published.client_id, skip_authorization=True)
    published.change(client_name="Another name")
    frozen_clock.advance(6 * MINUTE)
    assert is_asked(published.authorize(document_host))


@pytest.mark.spec(DRAFT, "6.4")
def test_the_consent_page_shows_the_host_and_warns(document_host, published):
    published.change(redirect_uris=["http://127.0.0.1/cb"])
    browser = document_host.browser()
    browser.get("/login?name=alice")
    request = build_authorization_request(
        client_id=published.client_id, redirect_uri="http://127.0.0.1:49152/cb"
    )
    answer = browser.get("/oauth/authorize", request).follow()
    host = f"localhost:{published.site.server.port}"
    assert host in answer.html.find(id="oauth-client-host").text
    assert answer.html.find(id="oauth-not-verified")
    assert answer.html.find(id="oauth-interceptable")


def test_a_deleted_client_comes_back(document_host, published, frozen_clock):
    published.obtain_tokens(document_host)
    with Session(document_host.engine) as session:
        delete_applications(session, document_host.models, [published.client_id])
        session.commit()
    frozen_clock.advance(MINUTE)
    assert is_asked(published.authorize(document_host))


@pytest.mark.spec(DRAFT, "6.8")
@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("allowed", "localhost", True),
        ("allowed", "client.example *.localhost", False),
        ("allowed", "https://localhost:{port}/client.json", True),
        ("allowed", "https://localhost:{port}/*", True),
        ("allowed", "https://localhost:{port}/other/*", False),
        ("denied", "localhost", False),
        ("denied", "https://localhost:{port}/client.json", False),
        ("same_host", "true", False),
        ("policy", lambda request, document: False, False),
        ("policy", lambda request, document: True, True),
    ],
)
def test_settings_say_which_documents_are_accepted(
    new_document_host, published, name, value, accepted
):
    if isinstance(value, str):
        value = value.format(port=published.site.server.port)
    host = new_document_host(**{f"client_id_metadata_{name}": value})
    assert is_asked(published.authorize(host)) == accepted


def test_a_known_client_can_be_denied(new_document_host, published):
    tokens = published.obtain_tokens(new_document_host())
    host = new_document_host(client_id_metadata_denied="localhost")
    assert published.authorize(host).status_int == 400
    assert refresh(host, published, tokens).status_int == 401


def test_a_source_names_a_few_unknown_documents_only(new_document_host, published):
    host = new_document_host(client_id_metadata_limit="2")
    published.authorize(host)
    assert is_asked(published.authorize(host))
    known = published.client_id
    for name, status in (("a", 400), ("b", 429), ("c", 429)):
        published.client_id = f"{known}{name}"
        assert published.authorize(host).status_int == status
    published.client_id = known
    assert is_asked(published.authorize(host))
    assert published.fetches == 2


def test_there_is_a_most_of_clients(new_document_host, published):
    host = new_document_host(client_id_metadata_clients="1")
    published.authorize(host)
    published.client_id += "2"
    published.change(client_id=published.client_id)
    assert published.authorize(host).status_int == 400
    assert host.count("Application") == 1


def test_two_processes_may_fetch_at_once(new_document_host, published):
    """Both get the same client, whoever stores it first."""
    hosts = [new_document_host(), new_document_host()]
    meeting, answers = Barrier(2, timeout=5), []
    send = published.site.server.handler

    def wait_for_the_other(peer, request):
        with suppress(BrokenBarrierError):
            meeting.wait()
        send(peer, request)

    published.site.server.handler = wait_for_the_other
    threads = [
        Thread(target=lambda host=host: answers.append(published.authorize(host)))
        for host in hosts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [is_asked(answer) for answer in answers] == [True, True]
    assert published.fetches == 2
    assert hosts[0].count("Application") == 1
    assert hosts[0].count("ClientMetadataDocument") == 1


@pytest.mark.postgresql
def test_no_transaction_is_open_during_a_fetch(
    new_document_host, published, tables_url
):
    if not tables_url.startswith("postgresql"):
        pytest.skip("PostgreSQL tells of its transactions")
    host, open_transactions = new_document_host(), []
    watcher, send = create_engine(tables_url), published.site.server.handler
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    )

    def look(peer, request):
        time.sleep(0.1)
        with watcher.connect() as connection:
            open_transactions.append(connection.scalar(query))
        send(peer, request)

    published.site.server.handler = look
    browser = host.browser()
    browser.get("/login?name=alice")
    authorize_client(browser, client_id=published.client_id)
    assert open_transactions == [0]
    watcher.dispose()


def test_the_request_is_refused_but_the_client_stays(document_host, published):
    """What was fetched is not fetched again because of a mistake in the request."""
    answer = published.authorize(document_host, response_type="nonsense")
    assert parse_redirect(answer)["error"] == "unsupported_response_type"
    assert document_host.count("Application") == 1
    assert published.authorize(document_host, redirect_uri="x:y").status_int == 400
    assert published.fetches == 1


def purge_clients(host):
    """Purge as the command does; the number of deleted clients."""

    @contextmanager
    def transaction():
        with Session(host.engine) as session:
            yield session
            session.commit()

    server = host.wsgi.registry[SERVER]
    batches = list(purge(transaction, host.models, server.settings))
    name = "unused clients of documents"
    return sum(batch.rows for batch in batches if batch.name == name)


def test_an_unused_client_is_deleted_and_comes_back(document_host, published):
    published.authorize(document_host)
    assert purge_clients(document_host) == 0
    with frozen(now() + timedelta(days=31)):
        assert purge_clients(document_host) == 1
        assert document_host.count("ClientMetadataDocument") == 0
        assert is_asked(published.authorize(document_host))


def test_a_disabled_client_is_not_deleted(document_host, published):
    published.authorize(document_host)
    document_host.update_application(published.client_id, disabled_at=now())
    with frozen(now() + timedelta(days=31)):
        assert purge_clients(document_host) == 0
        assert published.authorize(document_host).status_int == 400


@pytest.fixture
def local_document():
    """A document at http on this machine; its URL."""
    server = Server()
    url = f"{server.url}/client.json"
    document = {"client_id": url, "redirect_uris": ["http://127.0.0.1/cb"]}
    server.respond_with(build_response(json.dumps(document).encode()))
    yield url
    server.close()


def send_local(host, url):
    browser = host.browser()
    browser.get("/login?name=alice")
    request = build_authorization_request(
        client_id=url, redirect_uri="http://127.0.0.1/cb"
    )
    return browser.get("/oauth/authorize", request, status="*")


@pytest.mark.spec(DRAFT, "6.5")
def test_a_local_document_needs_a_setting_and_a_local_issuer(new_host, local_document):
    def include(config):
        config.include(EXTENSION)

    own = {"issuer": "http://localhost:6543/oauth", "client_id_metadata_scopes": "*"}
    assert send_local(new_host(include, **own), local_document).status_int == 400
    host = new_host(include, client_id_metadata_localhost="true", **own)
    assert is_asked(send_local(host, local_document))
    # Another scheme or host gains nothing by it.
    for url in ("http://attacker.example/client.json", "http://10.0.0.1/client.json"):
        assert send_local(host, url).status_int == 400
    with pytest.raises(ConfigurationError, match="client_id_metadata_localhost"):
        new_host(include, client_id_metadata_localhost="true")
