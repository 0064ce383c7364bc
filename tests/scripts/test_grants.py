"""`pyramid-oauth grant …` lists and revokes grants."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pyramid_oauth.clock import now
from pyramid_oauth.scripts.environment import open_application

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)


@pytest.fixture
def grants(shop_ini: Path) -> dict[str, UUID]:
    """Grants of two users to two clients, by name."""
    with open_application(str(shop_ini)) as request:
        session, models = request.oauth.session, request.oauth.models
        for client_id in ("web", "app"):
            session.add(
                models.Application(
                    client_id=client_id, name=client_id, redirect_uris="https://a/cb"
                )
            )
        ids = {}
        for age, (user, client) in enumerate(
            [("ada", "web"), ("ada", "app"), ("bob", "web")]
        ):
            key = ids[f"{user} to {client}"] = uuid4()
            session.add(
                models.Grant(
                    id=key,
                    client_id=client,
                    user_id=user,
                    scope="read",
                    created_at=now() - age * MINUTE,
                    expires_at=now() + MINUTE,
                )
            )
    return ids


def list_ids(run_json: Any, ini: Path, *options: object) -> list[str]:
    return [item["id"] for item in run_json("grant", "list", ini, *options)]


def select_ids(grants: dict[str, UUID], *names: str) -> list[str]:
    return [str(grants[name]) for name in names]


def test_list_shows_the_newest_grant_first(
    shop_ini: Path, run_json: Any, grants: dict[str, UUID]
) -> None:
    newest, *_ = run_json("grant", "list", shop_ini)
    assert newest["id"] == str(grants["ada to web"])
    assert (newest["client_id"], newest["user_id"]) == ("web", "ada")
    assert (newest["scope"], newest["last_used_at"]) == ("read", None)
    ids = list_ids(run_json, shop_ini)
    assert ids == select_ids(grants, "ada to web", "ada to app", "bob to web")


def test_list_is_limited_to_a_user_a_client_and_a_number(
    shop_ini: Path, run_json: Any, grants: dict[str, UUID]
) -> None:
    of_ada = list_ids(run_json, shop_ini, "--user", "ada")
    assert of_ada == select_ids(grants, "ada to web", "ada to app")
    of_web = list_ids(run_json, shop_ini, "--client", "web")
    assert of_web == select_ids(grants, "ada to web", "bob to web")
    both = list_ids(run_json, shop_ini, "--client", "web", "--user", "bob")
    assert both == select_ids(grants, "bob to web")
    one = list_ids(run_json, shop_ini, "--limit", 1)
    assert one == select_ids(grants, "ada to web")


def test_list_prints_a_line_for_each_grant(
    shop_ini: Path, run: Any, grants: dict[str, UUID]
) -> None:
    (line,) = run("grant", "list", shop_ini, "--user", "bob").output.splitlines()
    key, client_id, user_id, scope, _, last_used = line.split("\t")
    assert key == str(grants["bob to web"])
    assert (client_id, user_id, scope, last_used) == ("web", "bob", "read", "-")


def test_one_grant_is_revoked_by_its_id(
    shop_ini: Path, run: Any, run_json: Any, grants: dict[str, UUID]
) -> None:
    key = grants["ada to web"]
    assert run("grant", "revoke", shop_ini, key).output == "1 grants revoked.\n"
    assert str(key) not in list_ids(run_json, shop_ini)
    refused = run("grant", "revoke", shop_ini, key, code=1)
    assert "there is no grant" in refused.output


@pytest.mark.parametrize(
    ("options", "remaining"),
    [
        (("--user", "ada"), ("bob to web",)),
        (("--client", "web"), ("ada to app",)),
        (("--client", "web", "--user", "ada"), ("ada to app", "bob to web")),
    ],
    ids=["user", "client", "user-and-client"],
)
def test_many_grants_are_revoked_at_once(
    shop_ini: Path,
    run: Any,
    run_json: Any,
    grants: dict[str, UUID],
    options: tuple[str, ...],
    remaining: tuple[str, ...],
) -> None:
    revoked = run("grant", "revoke", shop_ini, *options).output
    assert revoked == f"{3 - len(remaining)} grants revoked.\n"
    assert list_ids(run_json, shop_ini) == select_ids(grants, *remaining)


def test_revoke_without_a_condition_is_refused(
    shop_ini: Path, run: Any, run_json: Any, grants: dict[str, UUID]
) -> None:
    refused = run("grant", "revoke", shop_ini, code=2)
    assert "name a grant, --user or --client" in refused.output
    assert len(list_ids(run_json, shop_ini)) == 3
