"""`check --probe`: no fault escapes a rule, and no right server is accused."""

from __future__ import annotations

import base64
import time
from email.utils import formatdate
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner

from pyramid_oauth.scripts.main import commands
from pyramid_oauth.scripts.probe import server_observation
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.challenge import bearer_parameters
from pyramid_oauth.scripts.probe.client import ProbeClient
from pyramid_oauth.scripts.probe.server import server_findings
from tests.scripts.faulty_server import PATH, FaultyServer, respond
from tests.scripts.test_server_probe import probe
from tests.support.ports import free_port

OPENID = "/.well-known/openid-configuration"
CALLBACK = "https://app.example/cb"
NAMED = ("--client-id", "app", "--redirect-uri", CALLBACK)


@pytest.fixture
def scripted_server():
    """A server whose answers to some paths the test chooses: `(method, form)`."""
    scripted = FaultyServer()
    others, scripted.answers = scripted.server.handler, {}

    def handle(peer, request):
        head, _, body = request.partition(b"\r\n\r\n")
        method, target = head.decode().split(" ")[:2]
        answer = scripted.answers.get(target.partition("?")[0])
        if answer is None:
            others(peer, request)
        else:
            peer.sendall(answer(method, parse_qs(body.decode())))

    scripted.server.handler = handle
    yield scripted
    scripted.server.close()


def texts(issuer, number, *options, profile="oauth2.1"):
    """What a rule says of a server."""
    found, _ = probe(issuer, *options, profile=profile)
    return [each["text"] for each in found if each["number"] == number]


def with_cookies(*cookies):
    """An error page that sets cookies."""
    fields = "\r\n".join(f"Set-Cookie: {cookie}" for cookie in cookies)
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n{fields}\r\n\r\n"
    return lambda method, form: head.encode()


@pytest.mark.parametrize(
    ("cookies", "lacks"),
    [
        (["a=1; HttpOnly", "b=2; HttpOnly"], False),
        (["a=1; HttpOnly", "b=2; Path=/"], True),
        (["a=1; Path=/", "b=2; HttpOnly"], True),
        (["httponly=1; Path=/"], True),
    ],
)
def test_each_cookie_is_judged(scripted_server, cookies, lacks):
    scripted_server.answers["/authorization"] = with_cookies(*cookies)
    said = texts(scripted_server.issuer, "P716")
    # Of the plain request and of the preflight request.
    assert said == [f"a cookie of {name!r} lacks httponly" for name in PAGES if lacks]


PAGES = ("unknown client", "authorize from a script")


@pytest.mark.spec("RFC 8414", "2")
def test_keys_and_aliases_without_tls_are_found(scripted_server):
    scripted_server.metadata["jwks_uri"] = "http://as.invalid/jwks"
    alias = {"token_endpoint": "http://as.invalid/token"}
    scripted_server.metadata["mtls_endpoint_aliases"] = alias
    said = " ".join(texts(scripted_server.issuer, "P604"))
    assert "jwks_uri is not https: 'http://as.invalid/jwks'" in said
    assert "mtls_endpoint_aliases.token_endpoint is not https" in said


def test_a_page_that_scripts_read_without_a_preflight_request_is_found(scripted_server):
    def answer(method, form):
        return respond(400, **{"Access-Control-Allow-Origin": "*"} if shared else {})

    scripted_server.answers["/authorization"] = answer
    shared = False
    assert texts(scripted_server.issuer, "P714") == []
    shared = True
    scripted_server.answers["/authorization"] = lambda method, form: (
        respond(400) if method == "OPTIONS" else answer(method, form)
    )
    assert len(texts(scripted_server.issuer, "P714")) == 1


@pytest.mark.spec("RFC 6749", "3.1")
def test_a_server_without_request_objects_is_not_accused_of_alg_none(scripted_server):
    def push(method, form):
        """Ignore what is unknown, such as `request`."""
        return respond(
            201 if "response_type" in form else 400, {"request_uri": "urn:x"}
        )

    scripted_server.answers["/par"] = push
    said = texts(scripted_server.issuer, "P722", *NAMED)
    assert "a pushed request is accepted: plain" in said
    assert not any("unsigned request object" in each for each in said)


def test_a_server_that_takes_alg_none_is_found(scripted_server):
    scripted_server.answers["/par"] = lambda method, form: respond(
        201 if "request" in form else 400, {"request_uri": "urn:x"}
    )
    (said,) = texts(scripted_server.issuer, "P722", *NAMED)
    assert said == "a pushed request is accepted: unsigned request object"


def test_an_endpoint_that_does_not_answer_is_found_and_accused_of_nothing_else(
    scripted_server,
):
    dead = f"http://127.0.0.1:{free_port()}"
    scripted_server.metadata |= {
        "token_endpoint": f"{dead}/token",
        "userinfo_endpoint": f"{dead}/userinfo",
    }
    said = texts(scripted_server.issuer, "P701")
    assert "the request 'token' has no answer: nothing answers there" in said
    assert "the request 'userinfo' has no answer: nothing answers there" in said
    for number in ("P702", "P706"):
        assert texts(scripted_server.issuer, number) == []


@pytest.mark.spec("RFC 9111", "5.2")
def test_names_of_cache_directives_are_read_in_any_case(scripted_server):
    def answer(method, form):
        return respond(400, {}, **{"Cache-Control": "No-Store"})

    scripted_server.answers |= {"/token": answer, "/authorization": answer}
    assert texts(scripted_server.issuer, "P704") == []


@pytest.mark.parametrize(
    ("bits", "is_short"), [(1024, True), (2047, True), (2048, False)]
)
def test_the_length_of_a_key_is_that_of_its_number(scripted_server, bits, is_short):
    padded = (1 << (bits - 1)).to_bytes(300)
    text = base64.urlsafe_b64encode(padded).decode().rstrip("=")
    scripted_server.keys = [{"kty": "RSA", "kid": "one", "n": text, "e": "AQAB"}]
    assert bool(texts(scripted_server.issuer, "P612")) is is_short


@pytest.mark.parametrize("modulus", ["", "=", "A", "\u00fc", "\U0001f511", "A" * 9])
def test_a_number_that_cannot_be_read_is_no_strong_key(scripted_server, modulus):
    scripted_server.keys = [{"kty": "RSA", "kid": "one", "n": modulus, "e": "AQAB"}]
    assert len(texts(scripted_server.issuer, "P612")) == 1


@pytest.mark.parametrize(("ahead", "is_accused"), [(0, False), (25, True), (-25, True)])
def test_the_time_that_other_answers_take_is_no_difference_of_clocks(
    scripted_server, monkeypatch, ahead, is_accused
):
    began = int(time.time())
    clock = [began]
    monkeypatch.setattr(server_observation, "timestamp", lambda: clock[0])

    def answer_late(method, form):
        clock[0] = began + 25
        return respond(400)

    def publish(method, form):
        date = clock[0] + (25 if ahead > 0 else 0) + ahead
        return respond(
            200, scripted_server.metadata, Date=formatdate(date, usegmt=True)
        )

    scripted_server.answers |= {PATH: publish, OPENID: answer_late}
    assert bool(texts(scripted_server.issuer, "P608")) is is_accused


@pytest.mark.parametrize("uri", ["https://[::1", "//["])
def test_a_redirect_uri_that_is_none_is_an_error_of_usage(uri):
    words = ["check", "--probe", "https://as.invalid", "--client-id", "app"]
    result = CliRunner().invoke(commands, [*words, "--redirect-uri", uri])
    assert (result.exit_code, "--redirect-uri is no URL" in result.output) == (2, True)


@pytest.mark.spec("RFC 9700", "4.4")
def test_no_secret_goes_where_metadata_without_tls_say(scripted_server):
    issuer = f"http://as.example:{scripted_server.server.port}"
    client = ProbeClient(issuer, lambda host, number: ["127.0.0.1"])
    place = "pushed_authorization_request_endpoint"
    local = f"http://localhost:{scripted_server.server.port}/par"
    scripted_server.metadata |= {"issuer": issuer, place: local}
    registered = Client("web", CALLBACK, secret="s3cret-of-the-client")
    assert list(server_findings(client, issuer, "", registered))
    requests = scripted_server.server.requests
    assert any(each.startswith(b"POST /par") for each in requests)
    assert not any(b"Authorization:" in each for each in requests)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            'Bearer error_description="a, use Authorization=b", resource_metadata="c"',
            {"error_description": "a, use Authorization=b", "resource_metadata": "c"},
        ),
        ('Basic realm="a, Bearer b=c"', None),
        (
            'Basic realm="a", Bearer scope="b \\"c\\"", DPoP algs="x"',
            {"scope": 'b "c"'},
        ),
        ('Bearer scope="b', {}),
    ],
)
def test_a_description_is_no_challenge(header, found):
    assert bearer_parameters(header) == found


@pytest.mark.parametrize("begin", ['"', 'Bearer a="', 'Bearer a=", b="'])
def test_a_hostile_challenge_costs_little(begin):
    began = time.process_time()
    bearer_parameters(begin + '\\"' * 40_000)
    assert time.process_time() - began < 2
