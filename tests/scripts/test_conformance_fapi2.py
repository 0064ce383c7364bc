"""`pyramid-oauth conformance-config` at a server for the FAPI 2.0 plans."""

from __future__ import annotations

import json
import re
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from tests.oidf.browser import matches
from tests.scripts.test_conformance import (
    CALLBACKS,
    COMMANDS,
    write_arguments,
    write_initialised,
)
from tests.support.command_line import STANDALONE, Run, run_command
from tests.support.start_up import generate_new_rsa_keys

pytestmark = pytest.mark.slow

ISSUER = "http://localhost:6543/oauth"
AUTHORIZE = f"{ISSUER}/authorize?request_uri=x"
BOUND = {
    True: "dpop_bound_access_tokens",
    False: "tls_client_certificate_bound_access_tokens",
}
PRIVATE = {"d", "p", "q", "dp", "dq", "qi"}
MODULE = "fapi2-security-profile-final-"


@pytest.fixture(scope="module")
def fapi2_ini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fapi2")
    return write_initialised(folder, "conformance-fapi2.ini")


@pytest.fixture(scope="module")
def fapi2_folder(fapi2_ini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the written files."""
    folder = tmp_path_factory.mktemp("fapi2-files")
    run_command(*write_arguments(fapi2_ini, folder))
    return folder


@pytest.fixture(scope="module")
def fapi2_contents(fapi2_folder: Path) -> dict[str, Any]:
    """The written files by name."""
    return read_contents(fapi2_folder)


def read_contents(folder: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}


def read_runs(folder: Path) -> list[list[str]]:
    return [shlex.split(line) for line in (folder / "runs.txt").read_text().split("\n")]


def test_both_plans_run_with_every_variant_of_the_server(
    fapi2_contents: dict[str, Any], fapi2_folder: Path
) -> None:
    runs = [run for run in read_runs(fapi2_folder) if run]
    assert {file for _, file in runs} == set(fapi2_contents)
    chosen = [dict(re.findall(r"\[(\w+)=(\w+)\]", plan)) for plan, _ in runs]
    plans = {plan.partition("[")[0] for plan, _ in runs}
    assert plans == {
        "fapi2-security-profile-final-test-plan",
        "fapi2-message-signing-final-test-plan",
    }
    for name, values in {
        "fapi_profile": {"plain_fapi", "fapi_client_credentials_grant"},
        "openid": {"openid_connect", "plain_oauth"},
        "client_auth_type": {"private_key_jwt", "mtls"},
        "sender_constrain": {"dpop", "mtls"},
        "authorization_request_type": {"simple", "rar"},
        "fapi_request_method": {"unsigned", "signed_non_repudiation"},
        "fapi_response_mode": {"plain_response", "jarm"},
    }.items():
        assert {each[name] for each in chosen if name in each} == values
    bindings = {(each["client_auth_type"], each["sender_constrain"]) for each in chosen}
    assert len(bindings) == 4
    for each in chosen:
        if each["fapi_profile"] == "fapi_client_credentials_grant":
            assert each["authorization_request_type"] == "simple"


def test_each_file_has_a_request_with_authorization_details(
    fapi2_contents: dict[str, Any],
) -> None:
    for content in fapi2_contents.values():
        details = content["resource"]["richAuthorizationRequest"]
        assert details == [{"type": "account_information"}]


@pytest.mark.parametrize("has_type", [False, True])
def test_a_server_whose_types_need_more_fields_has_no_such_run(
    tmp_path: Path, run: Run, has_type: bool
) -> None:
    ini = write_initialised(tmp_path, "conformance-fapi2.ini")
    schema = tmp_path / "schema.json"
    schema.write_text('{"properties": {"amount": {}}, "required": ["amount"]}')
    setting = "pyramid_oauth.authorization_details_types = account_information"
    changed = f"{setting} = {schema}" if has_type else ""
    ini.write_text(ini.read_text().replace(setting, changed))
    run(*write_arguments(ini, tmp_path / "out"))
    assert "=simple]" in (tmp_path / "out/runs.txt").read_text()
    assert "=rar]" not in (tmp_path / "out/runs.txt").read_text()
    for content in read_contents(tmp_path / "out").values():
        assert content["resource"].keys() == {"resourceUrl"}


def test_a_plan_for_plain_oauth_asks_for_other_scopes_at_another_document(
    fapi2_contents: dict[str, Any],
) -> None:
    for name, content in fapi2_contents.items():
        scopes = {content[client]["scope"] for client in ("client", "client2")}
        if name.endswith("plain_oauth.json"):
            url = "/.well-known/oauth-authorization-server/oauth"
            assert scopes == {"read write"}
        else:
            url = "/oauth/.well-known/openid-configuration"
            assert scopes == {"openid read"}
        assert content["server"]["discoveryUrl"] == f"http://localhost:6543{url}"
        is_dpop = "-dpop-" in name
        host = "http://localhost:6543" if is_dpop else "https://localhost:8443"
        assert content["resource"]["resourceUrl"] == f"{host}/api/me"
        assert content["alias"] == "us"


def test_each_client_has_one_private_key_that_only_its_owner_may_read(
    fapi2_contents: dict[str, Any], fapi2_ini: Path, run: Run, fapi2_folder: Path
) -> None:
    moduli = set()
    for name, content in fapi2_contents.items():
        assert stat.S_IMODE((fapi2_folder / name).stat().st_mode) == 0o600
        for client in ("client", "client2"):
            (key,) = content[client]["jwks"]["keys"]
            assert key.keys() > PRIVATE
            assert (key["alg"], key["use"]) == ("PS256", "sig")
            shown = run(
                *("application", "show", fapi2_ini),
                *(content[client]["client_id"], "--json"),
            )
            application = json.loads(shown.stdout)
            (registered,) = application["client_metadata"]["jwks"]["keys"]
            assert registered["kid"] == key["kid"]
            assert not PRIVATE & registered.keys()
            assert BOUND["-dpop-" in name] in application["client_metadata"]
            query = "?dummy1=lorem&dummy2=ipsum" if client == "client2" else ""
            assert application["redirect_uris"] == f"{CALLBACKS}callback{query}"
            moduli.add(key["n"])
    assert len(moduli) == len(fapi2_contents)  # two clients, each in two files


def test_each_client_of_mutual_tls_has_a_certificate_of_the_authority(
    fapi2_contents: dict[str, Any], fapi2_ini: Path, run: Run, fapi2_folder: Path
) -> None:
    authority = (fapi2_folder / "client-authority.pem").read_text()
    issuer = load_pem_x509_certificate(authority.encode())
    with_certificates = {name for name in fapi2_contents if "-mtls-" in name}
    for name, content in fapi2_contents.items():
        assert ({"mtls", "mtls2"} <= content.keys()) is (name in with_certificates)
    for name in with_certificates:
        content = fapi2_contents[name]
        for member, client in (("mtls", "client"), ("mtls2", "client2")):
            certificate = load_pem_x509_certificate(content[member]["cert"].encode())
            certificate.verify_directly_issued_by(issuer)
            key = load_pem_private_key(content[member]["key"].encode(), None)
            assert key.public_key() == certificate.public_key()
            assert content[member]["ca"] == authority
            subject = certificate.subject.rfc4514_string()
            assert subject == f"CN={content[client]['client_id']}"
    content = fapi2_contents["fapi2-mtls-mtls-plain_oauth.json"]
    shown = run(
        *("application", "show", fapi2_ini),
        *(content["client"]["client_id"], "--json"),
    )
    application = json.loads(shown.stdout)
    assert application["token_endpoint_auth_method"] == "tls_client_auth"
    name = application["client_metadata"]["tls_client_auth_subject_dn"]
    assert name == f"CN={content['client']['client_id']}"


def test_the_steps_of_modules_lead_to_the_pages_that_the_plan_wants(
    fapi2_contents: dict[str, Any],
) -> None:
    for content in fapi2_contents.values():
        override = content["override"]
        for module, wanted in {
            "user-rejects-authentication": ["oauth-deny"],
            "par-attempt-to-use-expired-request_uri": ["oauth-error-code"],
            "par-attempt-to-use-request_uri-for-different-client": ["oauth-error-code"],
            "par-attempt-reuse-request_uri": ["oauth-allow", "oauth-error-code"],
            "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": [
                *("", "oauth-allow")
            ],
        }.items():
            entries = override[f"{MODULE}{module}"]["browser"]
            assert all(matches(entry["match"], AUTHORIZE) for entry in entries)
            assert [find_button(entry) for entry in entries] == wanted
            limits = [entry.get("match-limit") for entry in entries]
            assert limits == [1, None][-len(entries) :]


def find_button(entry: dict[str, Any]) -> str:
    """The element by which a person decides, or that is to be seen."""
    commands = [command for task in entry["tasks"] for command in task["commands"]]
    assert all(kind in COMMANDS[name] for name, kind, *_ in commands)
    decisions = {"oauth-deny", "oauth-allow", "oauth-error-code"}
    return next((target for _, _, target, *_ in commands if target in decisions), "")


def test_a_server_that_requires_pushed_requests_but_binds_nothing_is_refused(
    write_ini: Callable[..., Path], sqlite_url: str, run: Run, tmp_path: Path
) -> None:
    more = (
        "pyramid_oauth.require_pushed_authorization_requests = true\n"
        "pyramid_oauth.token_endpoint_auth_methods = client_secret_basic"
    )
    ini = write_ini(STANDALONE, sqlite_url, more)
    run("init", ini)
    result = run(*write_arguments(ini, tmp_path / "out"), code=1)
    assert "neither private_key_jwt with DPoP nor mutual TLS" in result.output


def test_a_second_run_gives_the_same_clients_new_keys(
    fapi2_contents: dict[str, Any],
    fapi2_ini: Path,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generate_new_rsa_keys(monkeypatch)
    run(*write_arguments(fapi2_ini, tmp_path))
    for name, after in read_contents(tmp_path).items():
        before = fapi2_contents[name]
        assert after["client"]["client_id"] == before["client"]["client_id"]
        assert after["client"]["jwks"] != before["client"]["jwks"]
