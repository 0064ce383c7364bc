"""What the watch knows of the requests of a process."""

from __future__ import annotations

import time

from pyramid.response import Response

from pyramid_oauth.request_watch.watch import RequestWatch

ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/slow"}


class ReusedThread(dict):
    """The requests in progress; each ends as soon as the watch has listed it.

    Its thread then serves another one.
    """

    def get(self, thread, default=None):
        return time.monotonic(), {**ENVIRON, "PATH_INFO": "/next"}


def test_the_next_request_of_a_thread_is_not_taken_for_the_slow_one(host, caplog):
    long_ago = time.monotonic() - 60
    slow = {1: (long_ago, ENVIRON)}
    RequestWatch(slow, host.wsgi.registry, slow=1, limit=0).look()
    assert "slow request: GET /slow, 60" in caplog.text

    caplog.clear()
    reused = ReusedThread({1: (long_ago, ENVIRON)})
    RequestWatch(reused, host.wsgi.registry, slow=1, limit=12).look()
    assert not caplog.text


def add_calling_view(config):
    """Add the watch, and a view that answers with the answer of another one."""

    def call(request):
        other = request.copy_get()
        other.path_info = "/inner"
        return other.get_response(request.registry["app"])

    config.include("pyramid_oauth.request_watch")
    config.add_route("outer", "/outer")
    config.add_view(call, route_name="outer")
    config.add_route("inner", "/inner")
    config.add_view(lambda request: Response("inner"), route_name="inner")


def test_a_view_may_call_the_application_it_belongs_to(new_host):
    host = new_host(add_calling_view)
    host.wsgi.registry["app"] = host.wsgi
    assert host.browser().get("/outer").text == "inner"
    assert host.browser().get("/inner").text == "inner"
