"""A Celery worker that calls an API with tokens of its own (client credentials)."""

import os
from functools import cache

from celery import Celery
from oauthlib.oauth2 import BackendApplicationClient, TokenExpiredError
from requests import ConnectionError, Timeout
from requests_oauthlib import OAuth2Session

SCOPE = "read write"

OUTAGE = {
    "autoretry_for": (ConnectionError, Timeout),
    "retry_backoff": True,
    "max_retries": 5,
}

app = Celery(
    "worker",
    broker=os.environ.get("BROKER", "memory://"),
    backend=os.environ.get("BACKEND", "cache+memory://"),
)


@cache
def machine() -> OAuth2Session:
    """Return the client of this process, which keeps its token between tasks."""
    client = BackendApplicationClient(os.environ["CLIENT_ID"], scope=SCOPE)
    return OAuth2Session(client=client)


def call(method: str, path: str, **options):
    """Call the API; get a token where there is none, or where it is refused."""
    url = os.environ["API"] + path
    session = machine()
    try:
        answer = session.request(method, url, timeout=10, **options)
        is_refused = answer.status_code == 401
    except TokenExpiredError:
        is_refused = True
    if is_refused:
        session.fetch_token(
            os.environ["ISSUER"] + "/token",
            auth=(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]),
            timeout=10,
        )
        answer = session.request(method, url, timeout=10, **options)
    answer.raise_for_status()
    return answer.json()


@app.task(**OUTAGE)
def count_notes():
    return len(call("GET", "/notes")["notes"])


@app.task(**OUTAGE)
def add_note(text):
    return call("POST", "/notes", data=text)["notes"]
