"""Throttling of client authentication, by client and source."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Lock

import pytest
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.orm import Session

from pyramid_oauth import events, hashing
from pyramid_oauth.clock import frozen, now
from tests.support.host import Host

ADDRESS, OTHER_ADDRESS = "192.0.2.1", "192.0.2.2"
CHOSEN = "correct horse battery staple"
ENDPOINTS = ("token", "introspect", "revoke", "par")
FORM = {"grant_type": "client_credentials", "token": "x"}


class CountingHasher:
    """An argon2 hasher with a delay that counts its verifications."""

    def __init__(self, seconds=0.0):
        self.verified, self.most, self._running = 0, 0, 0
        self._seconds, self._lock = seconds, Lock()

    def hash(self, secret):
        return f"{hashing.CHOSEN}{secret}"

    def verify(self, stored, secret):
        with self._lock:
            self.verified += 1
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(self._seconds)
        with self._lock:
            self._running -= 1
        if stored != self.hash(secret):
            raise VerifyMismatchError
        return True


@pytest.fixture
def hasher(monkeypatch):
    counting_hasher = CountingHasher()
    monkeypatch.setattr(hashing, "_argon2", counting_hasher)
    hashing._unmatchable_hash.cache_clear()
    yield counting_hasher
    hashing._unmatchable_hash.cache_clear()


def send_secret(host, client, secret=None, address=ADDRESS, endpoint="token"):
    form = {**FORM, **client}
    if secret is not None:
        form["client_secret"] = secret
    environ = {"REMOTE_ADDR": address}
    url = f"/oauth/{endpoint}"
    return host.browser().post(url, form, extra_environ=environ, status="*")


def guess_statuses(host, client, times, **options):
    return [
        send_secret(host, client, "guess", **options).status_int for _ in range(times)
    ]


def set_chosen_secret(host, client_id="web"):
    with Session(host.engine) as session:
        query = session.query(host.models.Application)
        query.filter_by(client_id=client_id).one().set_client_secret(CHOSEN)
        session.commit()
    return {"client_id": client_id, "client_secret": CHOSEN}


@pytest.mark.spec("RFC 6749", "2.3.1")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_failed_client_authentication_is_rate_limited(new_host, endpoint):
    host = new_host(client_auth_attempts="3")
    client = host.register_client()
    assert guess_statuses(host, client, 4, endpoint=endpoint) == [401] * 3 + [429]
    refused = send_secret(host, client, endpoint=endpoint)
    assert refused.status_int == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    assert refused.json["error"] == "temporarily_unavailable"
    with frozen(now() + timedelta(seconds=901)):
        assert send_secret(host, client).status_int == 200


def test_a_client_is_locked_at_one_source_and_no_other_client_is(new_host):
    host = new_host(client_auth_attempts="3")
    client, other = host.register_client(), host.register_client(client_id="other")
    guess_statuses(host, client, 60)
    assert send_secret(host, client).status_int == 429
    assert send_secret(host, client, address=OTHER_ADDRESS).status_int == 200
    assert send_secret(host, other).status_int == 200


@pytest.mark.parametrize("is_chosen", [False, True])
def test_processes_share_the_count_of_failures(new_host, hasher, is_chosen):
    host, other = (new_host(client_auth_attempts="3") for _ in range(2))
    client = host.register_client()
    if is_chosen:
        client = set_chosen_secret(host)
    assert guess_statuses(host, client, 2) == [401] * 2
    assert guess_statuses(other, client, 2) == [401, 429]
    assert send_secret(host, client).status_int == 429
    assert send_secret(other, client).status_int == 429


def test_a_success_resets_the_failures_of_a_generated_secret(new_host):
    host = new_host(client_auth_attempts="3")
    client = host.register_client()
    for _ in range(5):
        guess_statuses(host, client, 2)
        assert send_secret(host, client).status_int == 200


def test_a_success_takes_one_statement_while_others_fail(
    host, client, recorded_statements
):
    send_secret(host, client)
    guess_statuses(host, {"client_id": "unknown"}, 3)
    guess_statuses(host, client, 3, address=OTHER_ADDRESS)
    recorded_statements.clear()
    assert send_secret(host, client).status_int == 200
    assert len(recorded_statements) == 1


def test_the_right_secret_by_another_method_is_not_counted(new_host):
    """Go's x/oauth2 tries HTTP Basic first, in every process."""
    host = new_host(client_auth_attempts="3")
    client = host.register_client()
    browser = host.browser()
    browser.authorization = ("Basic", (client["client_id"], client["client_secret"]))
    for _ in range(10):
        browser.post("/oauth/token", {"grant_type": "client_credentials"}, status=401)
    assert send_secret(host, client).status_int == 200
    browser.authorization = ("Basic", (client["client_id"], "guess"))
    statuses = [
        browser.post("/oauth/token", FORM, status="*").status_int for _ in "1234"
    ]
    assert statuses == [401] * 3 + [429]


def test_a_source_has_a_limit_over_all_clients(new_host):
    host = new_host(client_auth_source_attempts="5")
    client = host.register_client()
    guesses = [
        send_secret(host, {"client_id": f"client{n}"}, "guess").status_int
        for n in range(7)
    ]
    assert guesses == [401] * 5 + [429] * 2
    assert host.count("Throttle") == 6, "nothing is stored beyond the limit"
    assert send_secret(host, client).status_int == 200


@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.client_auth:pyramid_oauth.errors.InsecureSettingWarning"
)
@pytest.mark.parametrize(
    "limit", ["client_auth_attempts", "client_auth_source_attempts"]
)
def test_a_limit_can_be_turned_off(new_host, limit):
    host = new_host(**{limit: "0"})
    client = host.register_client()
    assert set(guess_statuses(host, client, 10)) == {401}


def test_an_attempt_with_a_chosen_secret_is_counted_before_it_is_checked(
    new_host, hasher
):
    host = new_host(client_auth_attempts="8", password_hash_concurrency="20")
    host.register_client()
    client, hasher._seconds = set_chosen_secret(host), 0.1
    barrier = Barrier(20)

    def guess(n):
        barrier.wait()
        return send_secret(host, client, f"guess {n}").status_int

    with ThreadPoolExecutor(20) as threads:
        statuses = sorted(threads.map(guess, range(20)))
    assert statuses == [401] * 8 + [429] * 12
    assert hasher.verified == 8


def test_a_chosen_secret_does_not_use_up_its_own_limit(new_host, hasher):
    host = new_host(client_auth_attempts="3", client_auth_source_attempts="3")
    host.register_client()
    client = set_chosen_secret(host)
    assert {send_secret(host, client).status_int for _ in range(10)} == {200}


def test_an_unknown_client_takes_as_long_as_a_chosen_secret(
    new_host, hasher, recorded_statements
):
    host = new_host()
    host.register_client()
    generated, unknown = {"client_id": "web"}, {"client_id": "nobody"}
    guess_statuses(host, unknown, 1)
    assert hasher.verified == 0, "no client has a chosen secret"
    other_host = new_host()
    other_host.register_client(client_id="chosen")
    chosen = set_chosen_secret(other_host, "chosen")
    other_host.register_client(client_id="disabled")
    other_host.update_application("disabled", disabled_at=now())
    for client in (unknown, generated, chosen, {"client_id": "disabled"}):
        hasher.verified = 0
        recorded_statements.clear()
        assert guess_statuses(other_host, client, 1) == [401]
        assert hasher.verified == 1, client
        assert sum(s.startswith("INSERT") for s in recorded_statements) == 1


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.client_auth:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_concurrent_argon2_hashes_and_their_waits_are_limited(
    new_host, hasher, monkeypatch
):
    host = new_host(client_auth_attempts="0", password_hash_concurrency="2")
    host.register_client()
    client, hasher._seconds = set_chosen_secret(host), 0.05
    with ThreadPoolExecutor(8) as threads:
        statuses = list(
            threads.map(lambda _: send_secret(host, client).status_int, range(8))
        )
    assert statuses == [200] * 8
    assert hasher.most == 2
    monkeypatch.setattr(hashing, "LONGEST_WAIT", 0.01)
    hasher._seconds = 0.3
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: send_secret(host, client), range(4)))
    assert {answer.status_int for answer in answers} == {200, 503}
    (busy, *_) = [answer for answer in answers if answer.status_int == 503]
    assert busy.json["error"] == "temporarily_unavailable"
    assert busy.headers["Retry-After"] == "1"


def test_throttling_leaves_a_warning_and_an_event(new_host, caplog):
    host, received = new_host(client_auth_attempts="1"), []
    registry = host.wsgi.registry
    registry.registerHandler(received.append, [events.ClientAuthenticationFailed])
    registry.registerHandler(received.append, [events.RequestThrottled])
    forged = {"client_id": "web\nclient authentication of 'web' succeeded"}
    assert guess_statuses(host, forged, 2) == [401, 429]
    failed, throttled = received
    assert type(failed) is events.ClientAuthenticationFailed
    assert (throttled.limit, throttled.seconds > 0) == ("client authentication", True)
    lines = [record.getMessage() for record in caplog.records]
    assert not any("\n" in line for line in lines)
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert (
        len([record for record in warnings if "succeeded" in record.getMessage()]) == 2
    )


@pytest.mark.slow
@pytest.mark.postgresql
def test_processes_share_the_limit_under_parallel_guesses(postgresql_url, hasher):
    hosts = [Host(postgresql_url, client_auth_attempts="8") for _ in range(2)]
    hosts[0].register_client()
    client = set_chosen_secret(hosts[0])
    barrier = Barrier(12)

    def guess(n):
        barrier.wait()
        return send_secret(hosts[n % 2], client, f"guess {n}").status_int

    with ThreadPoolExecutor(12) as threads:
        statuses = sorted(threads.map(guess, range(12)))
    assert statuses == [401] * 8 + [429] * 4
    for host in hosts:
        host.engine.dispose()
