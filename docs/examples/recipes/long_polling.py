"""Long polling: a request waits for news, but not beyond the life of its token."""

import os
from datetime import UTC, datetime
from threading import Condition

from pyramid.config import Configurator
from pyramid.view import view_config
from waitress import serve

from pyramid_oauth.resource import identity

LONGEST_WAIT = 25
"""Seconds: less than the time limit of the proxy in front."""

news: list[str] = []
arrival = Condition()

SETTINGS = {
    "pyramid_oauth.token_verifiers": "introspection",
    "pyramid_oauth.token_issuer": "env:ISSUER",
    "pyramid_oauth.introspection_client_id": "env:CLIENT_ID",
    "pyramid_oauth.introspection_client_secret": "env:CLIENT_SECRET",
    # A client asks at most twice in a second, however little it waits.
    "pyramid_oauth.throttle": "120/m",
}


def seconds_to_wait(request):
    expiry = identity(request).expires_at
    if expiry is None:
        return LONGEST_WAIT
    left = (expiry - datetime.now(UTC)).total_seconds()
    return max(0, min(LONGEST_WAIT, left))


@view_config(
    route_name="news", request_method="GET", renderer="json", oauth_scopes="read"
)
def read_news(request):
    """What came after the number that the client knows; it asks again at once."""
    known = int(request.matchdict["known"])
    with arrival:
        arrival.wait_for(lambda: len(news) > known, timeout=seconds_to_wait(request))
        return {"news": news[known:], "known": max(known, len(news))}


@view_config(
    route_name="news", request_method="POST", renderer="json", oauth_scopes="write"
)
def tell_news(request):
    with arrival:
        news.append(request.text)
        arrival.notify_all()
    return {"known": len(news)}


def main():
    with Configurator(settings=SETTINGS) as config:
        config.include("pyramid_oauth.resource")
        config.add_route("news", r"/news/{known:\d{1,9}}")
        config.scan(__name__)
        return config.make_wsgi_app()


if __name__ == "__main__":
    # Each waiting request has a thread.
    serve(main(), host="localhost", port=int(os.environ["PORT"]), threads=100)
