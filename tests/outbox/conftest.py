"""A host with an outbox, its receiver and its worker."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.outbox import Worker, enqueue
from tests.support.host import Host

NOTE = "note"


def prepare(request, message):
    if message.content["text"] == "nobody":
        return None
    if message.content["text"] == "broken":
        raise LookupError("broken")
    fields = {"text": message.content["text"], "attempt": str(message.attempts)}
    return lambda fetcher: fetcher.post_form(message.destination, fields)


def send(request):
    """POST /send: store messages in the outbox, and fail afterwards on request."""
    texts = request.params.getall("text")
    url = request.params["url"]
    client = request.params.get("client", "web")
    enqueue(request, NOTE, [(client, url, {"text": text}) for text in texts])
    if "fail" in request.params:
        raise RuntimeError("after the message was stored")
    return request.response


@pytest.fixture
def new_outbox_host(tables_url, fetcher):
    """Make the host, with further settings."""
    hosts = []

    def configure(config):
        config.add_oauth_outbox_kind(NOTE, prepare)
        config.add_route("send", "/send")
        config.add_view(send, route_name="send", require_csrf=False)

    def new(**settings):
        fixed = {"fetcher": fetcher, **settings}
        hosts.append(Host(tables_url, configure, **fixed))
        return hosts[-1]

    yield new
    for host in hosts:
        host.engine.dispose()


@pytest.fixture
def outbox_host(new_outbox_host):
    return new_outbox_host()


@pytest.fixture
def send_messages(outbox_host, receiver):
    """Store messages by a request of the host."""

    def send_messages(*texts, url=receiver.url, **more):
        pairs = [("text", text) for text in texts]
        outbox_host.browser().post("/send", [*pairs, ("url", url), *more.items()])

    return send_messages


@pytest.fixture
def worker(outbox_host):
    return Worker(outbox_host.wsgi.registry)


def stored_messages(host):
    """The messages in the outbox."""
    with Session(host.engine) as session:
        return session.query(host.models.OutboxMessage).all()
