"""Load: sessions that refresh, call the API and retry as clients do."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import cycle
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests

from tests.faults.site import CALLBACK, SOURCE, call
from tests.parallel.conftest import form_fields
from tests.support.waiting import wait_until

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
REQUEST = {
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "read write",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
MOST_TRIES = 10
"""Requests for the code of a session before the fault."""

RETRY_PAUSE = 0.3
"""Seconds until a client repeats a failed request."""

LAST_ANSWER = 20
"""Seconds that clients continue after the end of the test."""

HEALTHY = 5
"""Successes in a row after which the server is healthy."""


@dataclass
class Report:
    """One line of the table."""

    fault: str
    statuses: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)
    health: float = 0.0
    sessions: int = 0
    lost: int = 0
    missing: int = 0
    revived: int = 0
    doubled: int = 0

    def line(self):
        total = sum(self.statuses.values())
        return (
            f"{self.fault:44} {total:8} {self.statuses[503]:6} "
            f"{self.other_errors():6} {self.statuses['cut']:6} {self.health:8.1f} "
            f"{self.lost:3}/{self.sessions:<3} {self.missing:7} {self.doubled:7}"
        )

    def other_errors(self):
        return sum(
            count
            for status, count in self.statuses.items()
            if isinstance(status, int) and status >= 500 and status != 503
        )


HEADING = (
    f"{'fault':44} {'requests':>8} {'503':>6} {'5xx':>6} {'cut':>6} {'health s':>8} "
    f"{'lost':>7} {'missing':>7} {'doubled':>7}"
)


class Load:
    """Sessions that refresh and call the API in threads, until it is stopped."""

    def __init__(self, site, sessions=8, ports=None, patience=30):
        self.site, self._patience = site, patience
        self.ports = ports or [site.port]
        self._turns = cycle(self.ports)
        self.report = Report("")
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._deadline = math.inf
        self._threads = []
        self._cookies = self._log_in()
        self.sessions = [self._session() for _ in range(sessions)]
        self.revoked = [self._session() for _ in range(2)]
        for session in self.revoked:
            form = {"token": session["refresh_token"]}
            assert self._post_until_answered("revoke", form)[0] == 200

    # One logged-in user

    def _log_in(self):
        browser = requests.Session()
        browser.headers.update(SOURCE)
        origin = f"http://127.0.0.1:{self.site.port}"
        form = form_fields(browser.get(f"{origin}/login").text, "username")
        form.update(username="alice", password="wonderland")
        # A connection that the fault before has left is replaced at its first failure.
        login = f"{origin}/login"
        posts = (
            browser.post(login, form, allow_redirects=False) for _ in range(MOST_TRIES)
        )
        assert any(post.status_code == 303 for post in posts)
        query = urlencode({**REQUEST, "client_id": self.site.client["client_id"]})
        answer = browser.get(f"{origin}/oauth/authorize?{query}", allow_redirects=False)
        while "/authorize/" in answer.headers["Location"]:
            page = browser.get(urljoin(answer.url, answer.headers["Location"]))
            form = form_fields(page.text, "csrf_token")
            form.update(decision="allow", scope="write")
            answer = browser.post(page.url, form, allow_redirects=False)
        jar = browser.cookies.get_dict()
        return {"Cookie": "; ".join(f"{name}={jar[name]}" for name in jar)}

    def _code(self):
        query = urlencode({**REQUEST, "client_id": self.site.client["client_id"]})
        path = f"/oauth/authorize?{query}"
        answer = self._call("GET", path, headers=self._cookies)
        if answer is None or answer[0] != 303:
            return None
        parameters = parse_qs(urlsplit(answer[1]["Location"]).query)
        return parameters.get("code", [None])[0]

    def _redemption(self, code):
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }

    def _session(self):
        codes = (self._code() for _ in range(MOST_TRIES))
        code = next(code for code in codes if code is not None)
        status, _, body = self._post("token", self._redemption(code))
        assert status == 200, body
        return json.loads(body)

    # Requests

    def _call(self, method, path, form=None, headers=None):
        """The counted response, or None without a response."""
        try:
            port = next(self._turns)
            answer = call(port, method, path, form, headers, limit=self._patience)
        except (OSError, HTTPException):
            self._count("cut")
            return None
        status, response_headers, body = answer
        self._count(status)
        if status >= 500 and (status != 503 or "Retry-After" not in response_headers):
            self.report.wrong.append((status, path, body[:200]))
        return answer

    def _post(self, endpoint, form):
        return self._call("POST", f"/oauth/{endpoint}", {**form, **self.site.client})

    def _count(self, status):
        with self._lock:
            self.report.statuses[status] += 1

    def _post_until_answered(self, endpoint, form):
        """Send a form until the response is no failure."""
        while time.monotonic() < self._deadline:
            answer = self._post(endpoint, form)
            if answer is not None and answer[0] < 500:
                return answer
            time.sleep(RETRY_PAUSE)
        return 0, None, b"no answer"

    # The work of the threads

    def _use(self, session):
        turn = 0
        while not self._stop.is_set():
            self._refresh(session)
            if session.get("lost"):
                return
            self._call_api(session)
            turn += 1
            if turn % 4 == 0:
                self._exchange_code()
            time.sleep(0.03)

    def _refresh(self, session):
        form = {"grant_type": "refresh_token"}
        status, _, body = self._post_until_answered(
            "token", {**form, "refresh_token": session["refresh_token"]}
        )
        if status == 200:
            session.update(json.loads(body))
            return
        session["lost"] = body
        with self._lock:
            self.report.lost += 1

    def _call_api(self, session):
        bearer = {"Authorization": f"Bearer {session['access_token']}"}
        answer = self._call("GET", "/api/me", headers=bearer)
        if answer is not None and answer[0] in (401, 403):
            with self._lock:
                self.report.missing += 1

    def _exchange_code(self):
        """Exchange a code until there is an answer, then once more where it failed."""
        code = self._code()
        if code is None:
            return
        responses = [self._post("token", self._redemption(code))]
        while responses[-1] is None or responses[-1][0] >= 500:
            time.sleep(RETRY_PAUSE)
            responses.append(self._post("token", self._redemption(code)))

    # The fault, from outside

    def start(self):
        for session in self.sessions:
            thread = threading.Thread(target=self._use, args=(session,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def await_health(self, limit=40):
        """Measure the seconds from now until the server works again."""
        started = time.monotonic()
        row, first = 0, started
        while row < HEALTHY:
            if time.monotonic() - started > limit:
                raise TimeoutError("the server did not become healthy")
            begun = time.monotonic()
            row = row + 1 if self._is_healthy() else 0
            first = begun if row == 1 else first
            time.sleep(0.02)
        self.report.health = first - started

    def _is_healthy(self):
        try:
            return (
                call(self.ports[0], "GET", "/readyz", limit=5)[0] == 200
                and self.site.request_client_token(self.ports[0], limit=5)[0] == 200
            )
        except (OSError, HTTPException):
            return False

    def stop(self):
        """End the load and check what is left of all sessions."""
        self._deadline = time.monotonic() + LAST_ANSWER
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        wait_until(lambda: not any(item.is_alive() for item in self._threads), 1)
        remaining = [item for item in self.sessions if not item.get("lost")]
        with ThreadPoolExecutor(4) as pool:
            checked = list(pool.map(self._is_whole, remaining))
        self.report.sessions = len(self.sessions)
        self.report.missing += checked.count(False)
        self.report.revived = sum(map(self._is_alive, self.revoked))
        self.report.doubled = self.site.database.value(
            "SELECT count(*) FROM (SELECT grant_id FROM oauth_refresh_token "
            "WHERE revoked_at IS NULL GROUP BY grant_id HAVING count(*) > 1) twice"
        )

    def _is_whole(self, session):
        """Whether the last tokens that the client received work."""
        bearer = {"Authorization": f"Bearer {session['access_token']}"}
        answer = self._call("GET", "/api/me", headers=bearer)
        self._refresh(session)
        return answer is not None and answer[0] == 200

    def _is_alive(self, session):
        form = {"token": session["access_token"]}
        _, _, body = self._post_until_answered("introspect", form)
        return b'"active": true' in body or b'"active":true' in body
