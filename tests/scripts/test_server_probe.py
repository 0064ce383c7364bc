"""`pyramid-oauth check --probe`: what it says of healthy and of faulty servers."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from docs._ext.generated import settings as settings_page
from pyramid_oauth.fetch.transport import Reply
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.scripts.probe.client import Answer, ProbeClient
from pyramid_oauth.scripts.probe.server import RULE_SETS
from tests.scripts.faulty_server import FaultyServer
from tests.support.host import CALLBACK
from tests.support.ports import free_port

RULES = [rule for rules in RULE_SETS for rule in rules.rules]


def probe(issuer, *options, profile="oauth2.1"):
    """Run the probe; return the findings and the exit code."""
    words = ["check", "--probe", issuer, "--profile", profile, "--json", *options]
    result = CliRunner().invoke(commands, words, catch_exceptions=False)
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout), result.exit_code


@pytest.fixture
def faulty_server():
    server = FaultyServer()
    yield server
    server.server.close()


@pytest.mark.parametrize("profile", ["oauth2.1", "browser", "fapi2", "fapi2-signing"])
def test_a_server_of_ours_has_no_finding(serve, profile):
    issuer = serve(profile=profile)
    assert probe(issuer, profile=profile) == ([], 0)


def test_a_public_client_of_ours_tells_more_and_has_no_finding(serve):
    def register(host):
        host.register_client(
            client_id="app",
            client_type="public",
            authorization_grant_type="authorization_code",
            token_endpoint_auth_method="none",
        )

    issuer = serve(register)
    options = ("--client-id", "app", "--redirect-uri", CALLBACK)
    assert probe(issuer, *options) == ([], 0)


def test_a_server_is_judged_by_a_profile_that_it_does_not_name(serve):
    found, code = probe(serve(), profile="fapi2")
    numbers = {finding["number"] for finding in found}
    assert code == 1
    assert numbers == {"P622", "P623", "P625"} | (numbers & {"P624"})
    assert all(finding["spec"].startswith("FAPI 2.0") for finding in found)


SEEN = {
    *("P604", "P605", "P608", "P611", "P612", "P613", "P614", "P615", "P616"),
    *("P621", "P622", "P623", "P624", "P625", "P626", "P627", "P701", "P703"),
    *("P705", "P706", "P707", "P711", "P714", "P715", "P716", "P721", "P722"),
}


def test_the_faults_of_a_server_are_found(faulty_server):
    options = ("--client-id", "app", "--redirect-uri", "https://app.example/cb")
    found, code = probe(faulty_server.issuer, *options, profile="fapi2-signing")
    assert code == 1
    assert {finding["number"] for finding in found} == SEEN
    assert all(finding["spec"] and finding["cure"] for finding in found)
    assert "hidden-half" not in " ".join(finding["text"] for finding in found)


@pytest.mark.parametrize(
    ("issuer", "number"),
    [("https://as.invalid", "P601"), ("http://as.invalid", "P604")],
)
def test_a_server_that_is_not_there_is_a_finding(issuer, number):
    found, code = probe(issuer)
    assert code == 1
    assert number in {finding["number"] for finding in found}


def test_another_issuer_in_the_metadata_is_found(faulty_server):
    faulty_server.metadata["issuer"] = "https://other.example"
    found, _ = probe(faulty_server.issuer)
    assert "P602" in {finding["number"] for finding in found}


def test_the_report_in_words_has_section_and_cure(faulty_server):
    result = CliRunner().invoke(commands, ["check", "--probe", faulty_server.issuer])
    assert "P711 an unknown client is redirected" in result.output
    assert "RFC 9700 section 4.11" in result.output
    assert re.search(r"\d+ errors, \d+ warnings\n\Z", result.output)


def test_something_must_be_named():
    assert CliRunner().invoke(commands, ["check"]).exit_code == 2
    words = ["check", "--probe", "https://as.invalid", "--client-id", "app"]
    assert CliRunner().invoke(commands, words).exit_code == 2


@pytest.mark.parametrize("profile", [None, "fapi2", "browser"])
def test_the_settings_are_judged_by_the_named_profile(standalone_ini, profile):
    words = ["check", str(standalone_ini), "--json"]
    words += ["--profile", profile] if profile else []
    found = json.loads(CliRunner().invoke(commands, words).stdout)
    weaker = [item for item in found if "weakens" in item["text"]]
    expected = {None: set(), "fapi2": {"E605", "E607", "E611"}, "browser": {"W641"}}
    assert expected[profile] <= {item["number"] for item in weaker}
    assert all(item["setting"] and item["spec"] for item in weaker)


def test_every_rule_has_a_number_of_its_own_and_a_cure_that_exists():
    numbers = [rule.number for rule in RULES]
    assert len(set(numbers)) == len(numbers)
    text = settings_page.text()
    named = {rule.setting for rule in RULES if rule.setting}
    missing = {name for name in named if f".. confval:: {name}\n" not in text}
    assert missing == set()
    assert all(rule.title.endswith(".") for rule in RULES)


def test_an_answer_that_failed_has_no_status():
    assert Answer("https://as.invalid").status == 0


ESCAPES = "\x1b]0;owned\x07\x9b2J\u202e"


def test_no_text_of_a_server_commands_the_terminal(faulty_server):
    wrong = {
        f"{ESCAPES}_endpoint": f"http://127.0.0.1/{ESCAPES}",
        f"{ESCAPES}_signing_alg_values_supported": ["none", ESCAPES],
    }
    faulty_server.metadata |= wrong
    found, _ = probe(faulty_server.issuer, profile="fapi2")
    assert {"P604", "P605", "P613", "P624"} <= {each["number"] for each in found}
    assert all(each["text"].isprintable() for each in found)


def test_a_document_with_thousands_of_faults_costs_little(faulty_server):
    faulty_server.metadata |= {
        f"a{number}_signing_alg_values_supported": ["none"] for number in range(4000)
    }
    found, _ = probe(faulty_server.issuer, profile="fapi2")
    listed = [each["number"] for each in found]
    assert (listed.count("P613"), listed.count("P624")) == (20, 20)


def test_a_document_is_parsed_once():
    answer = Answer("https://as.invalid", Reply(200, [], b'{"issuer": "a"}'))
    assert answer.document is answer.document


@pytest.mark.parametrize("value", [5, "x", {"a": 1}, [None], ["\ud800"]])
@pytest.mark.parametrize("name", ["scopes_supported", "response_types_supported"])
def test_members_of_another_type_are_no_error_of_ours(faulty_server, name, value):
    faulty_server.metadata[name] = value
    faulty_server.keys = value
    found, code = probe(faulty_server.issuer)
    assert (bool(found), code) == (True, 1)


def test_a_name_keeps_the_addresses_that_it_had_first():
    answers = iter([["127.0.0.1"], ["93.184.215.14"]])
    url = f"http://as.example:{free_port()}"
    client = ProbeClient(url, lambda *place: next(answers))
    for each in (client, client.with_tls(client.ssl_context)):
        described = each.get(url).described
        assert described == "nothing answers there"
    assert next(answers) == ["93.184.215.14"]
