"""`pyramid-oauth check --probe` with a client that must authenticate (RFC 9126)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pyramid_oauth.scripts.main import commands
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.client import ProbeClient
from pyramid_oauth.scripts.probe.server import server_findings
from tests.scripts.faulty_server import FaultyServer
from tests.scripts.test_server_probe import probe
from tests.support.client_keys import key_set
from tests.support.host import CALLBACK
from tests.support.key_material import private_key

pytestmark = pytest.mark.slow

PAR = "RFC 9126"
NAMED = ("--client-id", "web", "--redirect-uri", CALLBACK)


def with_secret(folder, secret):
    (folder / "secret").write_text(secret)
    return (*NAMED, "--client-secret", f"file:{folder}/secret")


def with_key(folder, alg="ES256"):
    (folder / "key.pem").write_bytes(private_key(alg).as_pem(private=True))
    return (*NAMED, "--client-key", f"file:{folder}/key.pem")


def register_key(host):
    host.register_client(
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks": key_set("ES256", "RS256")},
    )


@pytest.fixture
def serve_with_secret(serve):
    """Serve a host with a client; return the issuer and the secret."""

    def start(method="client_secret_post", **settings):
        made = []

        def register(host):
            made.append(host.register_client(token_endpoint_auth_method=method))

        issuer = serve(register, **settings)
        return issuer, made[0]["client_secret"]

    return start


@pytest.mark.spec(PAR, "2.1")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_server_is_judged_by_a_client_with_a_secret(
    serve_with_secret, tmp_path, method
):
    issuer, secret = serve_with_secret(method, token_endpoint_auth_methods=method)
    assert probe(issuer, *with_secret(tmp_path, secret)) == ([], 0)


@pytest.mark.spec(PAR, "2.1")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
@pytest.mark.parametrize("profile", ["fapi2", "fapi2-signing"])
def test_a_server_is_judged_by_a_client_with_a_key(
    serve, new_provider, tmp_path, profile, alg
):
    keys = ("PS256",) if profile == "fapi2-signing" else ()
    settings = {"profile": profile, "openid": "false", "keys": keys}
    issuer = serve(register_key, new_provider, **settings)
    assert probe(issuer, *with_key(tmp_path, alg), profile=profile) == ([], 0)


def test_without_its_credential_the_report_says_that_nothing_was_judged(
    serve_with_secret, tmp_path
):
    issuer, _ = serve_with_secret()
    (finding,), code = probe(issuer, *NAMED)
    assert (finding["number"], finding["severity"], code) == ("P723", "notice", 0)
    assert "invalid_client" in finding["text"]
    assert "--client-secret" in finding["cure"]


def test_a_wrong_secret_is_an_error(serve_with_secret, tmp_path):
    issuer, _ = serve_with_secret()
    (finding,), code = probe(issuer, *with_secret(tmp_path, "wrong" * 9))
    assert (finding["number"], code) == ("P724", 1)
    assert "invalid_client" in finding["text"]
    assert "wrong" not in str(finding)


def test_what_authenticated_clients_may_push_is_judged(serve, tmp_path):
    weaker = {
        "pkce_required": "false",
        "pushed_redirect_uri_policy": "tests.scripts.test_probe_clients.accept",
    }
    issuer = serve(register_key, profile="fapi2", **weaker)
    found, code = probe(issuer, *with_key(tmp_path), profile="fapi2")
    severities = {each["number"]: each["severity"] for each in found}
    assert severities == {"P627": "error", "P725": "notice"}
    assert code == 1


def accept(*anything):
    """A policy that accepts every redirect URI."""
    return True


def test_a_faulty_server_learns_the_secret_and_nobody_else(tmp_path):
    server = FaultyServer()
    found, _ = probe(server.issuer, *with_secret(tmp_path, "s3cret-of-the-client"))
    server.server.close()
    numbers = {each["number"] for each in found}
    assert {"P722", "P725"} <= numbers
    assert not {"P723", "P724"} & numbers
    assert "s3cret" not in str(found)
    pushed = [each for each in server.server.requests if each.startswith(b"POST /par")]
    others = [each for each in server.server.requests if each not in pushed]
    assert b"s3cret" not in b"".join(others)
    assert sum(b"Authorization: Basic" in each for each in pushed) == len(pushed) - 1


def test_no_secret_is_sent_without_tls():
    server = FaultyServer()
    port = server.server.port
    place = "pushed_authorization_request_endpoint"
    server.metadata[place] = f"http://as.example:{port}/par"
    client = ProbeClient(server.issuer, lambda host, number: ["127.0.0.1"])
    registered = Client("web", CALLBACK, secret="s3cret-of-the-client")
    found = {
        each.number for each in server_findings(client, server.issuer, "", registered)
    }
    server.server.close()
    assert "P604" in found
    assert any(each.startswith(b"POST /par") for each in server.server.requests)
    assert not any(b"Authorization:" in each for each in server.server.requests)


@pytest.mark.parametrize(
    "options",
    [
        ("--client-secret", "env:HOME"),
        (*NAMED, "--client-key", "env:HOME"),
        (*NAMED, "--client-certificate", __file__),
        (*NAMED, "--client-secret", "plain-text"),
    ],
)
def test_credentials_that_cannot_be_used_stop_the_command(options):
    words = ["check", "--probe", "https://as.invalid", *options]
    assert CliRunner().invoke(commands, words).exit_code == 2
