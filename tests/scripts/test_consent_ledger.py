"""`pyramid-oauth consent-ledger list` shows recorded decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth.clock import now
from pyramid_oauth.scripts.environment import open_application

pytestmark = pytest.mark.slow

READ = {"kind": "scope", "name": "read", "text": "Read", "allowed": True}
WRITE = {"kind": "scope", "name": "write", "text": "Write", "allowed": False}


@pytest.fixture
def ledger_ini(standalone_ini: Path) -> Path:
    """The ini of a server with decisions of two users."""
    with open_application(str(standalone_ini)) as request:
        for subject, decision in (("ada", "allowed"), ("bob", "refused")):
            request.oauth.server.repositories.consent_ledger.add(
                request.oauth.session,
                {
                    "made_at": now(),
                    "decision": decision,
                    "subject": subject,
                    "client_id": "web",
                    "client_name": "Web",
                    "logo_uri": None,
                    "redirect_host": "client.example",
                    "items": [READ, WRITE],
                    "language": "en",
                    "network": None,
                },
            )
    return standalone_ini


def test_list_shows_the_newest_decision_first(run: Any, ledger_ini: Path) -> None:
    newest, oldest = run("consent-ledger", "list", ledger_ini).stdout.splitlines()
    assert newest.split("\t")[1:] == ["refused", "bob", "web", "+read -write"]
    assert "allowed\tada" in oldest


def test_list_is_limited_and_tells_all_as_json(run_json: Any, ledger_ini: Path) -> None:
    command = ("consent-ledger", "list", ledger_ini)
    (entry,) = run_json(*command, "--user", "ada")
    assert (entry["client_name"], entry["items"]) == ("Web", [READ, WRITE])
    assert len(run_json(*command, "--client", "web")) == 2
    assert run_json(*command, "--client", "web", "--user", "eve") == []
    assert len(run_json(*command, "--limit", 1)) == 1


def test_an_application_without_the_ledger_is_named(run: Any, shop_ini: Path) -> None:
    result = run("consent-ledger", "list", shop_ini, code=1)
    assert "does not include the extension consent_ledger" in result.stderr
