"""`pyramid-oauth mcp-check`: what it says of healthy and of faulty deployments."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from docs._ext.generated import settings
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.scripts.probe.client import ProbeClient
from pyramid_oauth.scripts.probe.mcp import RULE_SETS, McpProbe
from tests.scripts.mcp_deployment import (
    OAUTH,
    OPENID,
    OPENID_APPENDED,
    RESOURCE_DOCUMENT,
    TOKEN,
    Deployment,
)


@pytest.fixture
def deployment():
    deployment = Deployment()
    yield deployment
    deployment.server.close()


def check(deployment, *options, url=None, token=None):
    """Run the command; return the findings and the exit code."""
    words = ["mcp-check", url or deployment.url, "--json", *options]
    result = CliRunner(env={"MCP_TOKEN": token}).invoke(commands, words)
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout), result.exit_code


def numbers(deployment, *options, token=None):
    found, code = check(deployment, *options, token=token)
    has_error = any(finding["severity"] == "error" for finding in found)
    assert code == int(has_error)
    assert all(finding["spec"] and finding["cure"] for finding in found)
    return {finding["number"] for finding in found}


def test_a_healthy_deployment_has_no_finding(deployment):
    assert check(deployment, "--register", token=TOKEN) == ([], 0)


def test_nothing_is_changed_unless_it_is_asked_for(deployment):
    check(deployment)
    requests = [request.split(b" ", 2)[:2] for request in deployment.server.requests]
    assert [path for method, path in requests if method != b"GET"] == [b"/mcp"] * 2


def test_clients_that_were_registered_are_deleted(deployment):
    check(deployment, "--register")
    assert deployment.deleted == [
        (f"/oauth/register/{client_id}", f"bearer token-of-{client_id}")
        for client_id in deployment.clients
    ]
    assert len(deployment.clients) == 3


def metadata(**members):
    return lambda deployment: deployment.set_metadata(**members)


def resource(**members):
    return lambda deployment: deployment.set_resource(**members)


def attribute(**members):
    return lambda deployment: vars(deployment).update(members)


def absent(*paths):
    return lambda deployment: deployment.absent.update(paths)


def other_form(deployment):
    deployment.documents[OPENID]["token_endpoint"] = "https://other.example/token"


SEEN_WITHOUT_CLIENT = [
    ("P102", attribute(status_without_token=200)),
    ("P102", attribute(status_without_token=403)),
    ("P103", attribute(accepts_every_token=True)),
    ("P104", attribute(challenge="")),
    ("P104", attribute(challenge='Basic realm="mcp"')),
    ("P105", attribute(challenge="Bearer")),
    ("P106", resource(scopes_supported=None)),
    ("P107", resource(scopes_supported=["read", "offline_access"])),
    ("P111", absent(RESOURCE_DOCUMENT)),
    ("P112", attribute(challenge='Bearer resource_metadata="http://127.0.0.1/x"')),
    ("P113", resource(resource="https://mcp.example.org/mcp")),
    ("P113", resource(resource=None)),
    ("P114", resource(authorization_servers=[])),
    ("P114", resource(authorization_servers="https://as.example")),
    ("P115", resource(bearer_methods_supported=["body"])),
    ("P116", attribute(cors={})),
    ("P201", absent(OAUTH, OPENID, OPENID_APPENDED)),
    ("P201", resource(authorization_servers=["https://[as"])),
    ("P202", absent(OAUTH)),
    ("P203", metadata(issuer="https://as.example.org/oauth")),
    ("P204", other_form),
    ("P205", metadata(code_challenge_methods_supported=["plain"])),
    ("P206", metadata(token_endpoint=None)),
    ("P206", metadata(response_types_supported=["id_token"])),
    ("P207", metadata(authorization_response_iss_parameter_supported=None)),
    ("P208", metadata(token_endpoint_auth_methods_supported=["client_secret_basic"])),
    ("P209", metadata(grant_types_supported=["authorization_code"])),
    (
        "P210",
        metadata(
            client_id_metadata_document_supported=None, registration_endpoint=None
        ),
    ),
    ("P211", metadata(client_id_metadata_document_supported=None)),
    ("P212", metadata(registration_endpoint=None)),
    ("P213", metadata(token_endpoint="http://as.example.org/token")),
    ("P214", metadata(scopes_supported=["write"])),
    ("P215", attribute(cors={})),
    ("P302", attribute(is_open_redirector=True)),
]


@pytest.mark.parametrize(("number", "seed"), SEEN_WITHOUT_CLIENT)
def test_a_fault_is_found_without_a_client(deployment, number, seed):
    seed(deployment)
    assert number in numbers(deployment)


SEEN_WITH_A_CLIENT = [
    ("P311", attribute(error="invalid_target")),
    ("P311", attribute(error="invalid_target", pushes_tell_errors=False)),
    ("P312", attribute(error="invalid_scope")),
    ("P313", attribute(checks_pkce=False)),
    ("P313", attribute(checks_pkce=False, pushed=200)),
    ("P401", attribute(refused_redirect_uris=("http",))),
    ("P402", attribute(registers_as={"token_endpoint_auth_method": "x"})),
    ("P403", attribute(refused_redirect_uris=("http://localhost",))),
    ("P404", attribute(refused_redirect_uris=("cursor:",))),
    ("P405", attribute(registers_as={"scope": "read"})),
    ("P406", attribute(can_delete=False)),
]


@pytest.mark.parametrize(("number", "seed"), SEEN_WITH_A_CLIENT)
def test_a_fault_is_found_with_a_registered_client(deployment, number, seed):
    seed(deployment)
    assert numbers(deployment, "--register") == {number}


@pytest.mark.parametrize("iss", [None, "https://other.example"])
def test_responses_without_the_issuer_are_found(deployment, iss):
    deployment.iss, deployment.error = iss, "invalid_target"
    deployment.pushes_tell_errors = False
    assert numbers(deployment, "--register") == {"P311", "P314"}


def test_a_client_of_the_operator_tries_the_authorization_endpoint(deployment):
    deployment.clients["mine"] = {}
    deployment.error = "invalid_target"
    options = ("--client-id", "mine", "--redirect-uri", "https://mine.example/cb")
    assert numbers(deployment, *options) == {"P311"}


def test_a_token_is_tried(deployment):
    deployment.status_with_token = 403
    assert numbers(deployment, token=TOKEN) == {"P502", "P503"}
    deployment.challenge += ', error="insufficient_scope", scope="write"'
    assert "P503" not in numbers(deployment, token=TOKEN)
    assert "P501" in numbers(deployment, token="expired")


def test_a_token_is_read_from_its_place(deployment, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert check(deployment, "--token", f"file:{tmp_path / 'token'}") == ([], 0)
    words = ["mcp-check", deployment.url, "--token", TOKEN]
    result = CliRunner().invoke(commands, words)
    assert (result.exit_code, TOKEN in result.output) == (2, False)
    assert "give file:PATH, env:NAME or -" in result.output


def test_a_token_is_not_sent_in_clear_text(deployment):
    url = deployment.url.replace("127.0.0.1", "mcp.example")
    client = ProbeClient(url, lambda *place: ["127.0.0.1"])
    found = McpProbe(client, url, token=TOKEN).findings()
    assert "P101" in {finding.number for finding in found}
    assert TOKEN.encode() not in b"".join(deployment.server.requests)


def test_http_is_an_error_for_a_public_name(deployment):
    found, code = check(deployment, url="http://mcp.invalid/mcp")
    assert code == 1
    assert {"P101", "P102"} <= {finding["number"] for finding in found}


def test_a_public_deployment_cannot_lead_to_private_addresses(deployment):
    client = ProbeClient(
        "https://mcp.example.org/mcp", lambda *place: ["93.184.215.14"]
    )
    answer = client.get(f"{deployment.origin}{RESOURCE_DOCUMENT}")
    assert answer.status == 0
    assert "private address" in answer.described
    assert deployment.server.requests == []


def test_registrations_are_deleted_at_their_server_only(deployment):
    place = "http://localhost:1/register/client"
    deployment.registers_as = {"registration_client_uri": place}
    assert "P406" in numbers(deployment, "--register")


def test_the_findings_say_in_words_what_to_do(deployment):
    deployment.set_metadata(issuer="https://evil\x1b[31m.example")
    result = CliRunner().invoke(commands, ["mcp-check", deployment.url])
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "P203 error: issuer at " in result.output
    assert "RFC 8414 section 3.3" in result.output
    assert "pyramid_oauth.issuer" in result.output
    assert result.output.endswith("3 errors, 0 warnings, 0 notices\n")


def test_every_setting_that_a_cure_names_exists():
    rules = [rule for rules in RULE_SETS for rule in rules.rules]
    numbers = [rule.number for rule in rules]
    assert len(set(numbers)) == len(numbers)
    cures = " ".join(rule.cure for rule in rules)
    named = set(re.findall(r"pyramid_oauth\.(\w+)", cures)) - {"resource"}
    text = settings.text()
    assert {
        n for n in named if f".. confval:: pyramid_oauth.{n}\n" not in text
    } == set()


def test_answers_that_are_no_json_or_too_large_are_findings(deployment):
    deployment.documents[RESOURCE_DOCUMENT] = ["a list"]
    assert "P111" in numbers(deployment)
    deployment.documents[RESOURCE_DOCUMENT] = {"resource": "x" * 300_000}
    found, _ = check(deployment)
    assert "larger than" in next(
        finding["text"] for finding in found if finding["number"] == "P111"
    )


NO_TEXT = "\ud800"
"""A lone surrogate: JSON has an escape for it, and UTF-8 no bytes."""


@pytest.mark.parametrize(
    ("number", "seed"),
    [
        ("P111", resource(scopes_supported=[NO_TEXT])),
        ("P201", metadata(scopes_supported=[NO_TEXT])),
        ("P201", metadata(authorization_endpoint=f"http://127.0.0.1/{NO_TEXT}")),
        ("P401", attribute(registers_as={"client_id": NO_TEXT})),
        ("P401", attribute(registers_as={"registration_client_uri": NO_TEXT})),
    ],
)
def test_answers_with_what_is_no_text_are_findings(deployment, number, seed):
    deployment.challenge = "Bearer"
    seed(deployment)
    assert number in numbers(deployment, "--register")
