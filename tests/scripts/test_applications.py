"""`pyramid-oauth application …` on the standalone server and on a host."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth.models.columns import new_client_id
from pyramid_oauth.scripts import applications
from pyramid_oauth.scripts.environment import open_application

WEB = (
    *("--name", "Web", "--redirect-uri", "https://a.example/cb"),
    *("--grant-type", "authorization_code", "--grant-type", "refresh_token"),
    *("--token-endpoint-auth-method", "client_secret_post"),
)


def load_application(ini: Path, client_id: str) -> Any:
    with open_application(str(ini)) as request:
        model = request.oauth.models.Application
        query = request.oauth.session.query(model).filter_by(client_id=client_id).one()
        request.oauth.session.expunge(query)
        return query


def test_create_prints_the_identifier_and_the_secret_once(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)

    row = load_application(standalone_ini, application["client_id"])
    assert row.client_secret_matches(application["client_secret"])
    assert row.grant_types == ["authorization_code", "refresh_token"]
    details = run_json("application", "show", standalone_ini, application["client_id"])
    assert details["name"] == "Web"
    assert "client_secret" not in details


def test_create_has_an_option_for_every_field(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json(
        *("application", "create", standalone_ini, *WEB, "--client-id", "web"),
        *("--redirect-uri", "https://b.example/cb", "--user", "alice"),
        *("--post-logout-redirect-uri", "https://a.example/bye"),
        *("--allowed-origin", "https://a.example", "--skip-authorization"),
        *("--allowed-scope", "read", "--allowed-scope", "write"),
        *("--default-scope", "read", "--no-pkce", "--introspection", "any"),
        *("--access-token-lifetime", "60", "--refresh-token-idle-lifetime", "70"),
        *("--refresh-token-absolute-lifetime", "80", "--disabled"),
        *("--client-metadata", '{"tos_uri": "https://a.example/tos"}'),
    )

    assert application["client_id"] == "web"
    assert application["redirect_uris"] == "https://a.example/cb https://b.example/cb"
    assert application["post_logout_redirect_uris"] == "https://a.example/bye"
    assert application["allowed_origins"] == "https://a.example"
    assert application["user_id"] == "alice"
    assert application["allowed_scopes"] == "read write"
    assert application["default_scopes"] == "read"
    assert application["introspection"] == "any"
    assert (application["skip_authorization"], application["pkce_required"]) == (
        True,
        False,
    )
    assert application["access_token_lifetime"] == 60
    assert application["refresh_token_idle_lifetime"] == 70
    assert application["refresh_token_absolute_lifetime"] == 80
    assert application["client_metadata"] == {"tos_uri": "https://a.example/tos"}
    assert application["disabled_at"] is not None


def test_create_public_needs_no_further_options(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json(
        *("application", "create", standalone_ini, "--public"),
        *("--redirect-uri", "https://a.example/cb"),
    )

    assert application["client_type"] == "public"
    assert application["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in application


def test_each_invalid_field_is_reported(standalone_ini: Path, run: Any) -> None:
    result = run(
        *(
            "application",
            "create",
            standalone_ini,
            "--redirect-uri",
            "http://a.example/cb",
        ),
        *("--allowed-origin", "ftp://a.example", "--public", "--no-pkce"),
        code=1,
    )

    assert result.stdout == ""
    fields = re.findall(r"^  (\w+):", result.stderr, re.MULTILINE)
    assert fields == ["redirect_uris", "allowed_origins", "pkce_required"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--grant-type", ""),
        ("--redirect-uri", "https://a.example/ https://b.example/"),
        ("--access-token-lifetime", "0"),
        ("--introspection", "all"),
        ("--client-metadata", "[]"),
        ("--client-metadata", '{"client_name": NaN}'),
        ("--client-metadata", '{"a": 1, "a": 2}'),
        ("--set", "logo"),
        ("--set", "nosuch=1"),
        ("--set", "client_secret=x"),
        ("--public", "--client-type", "confidential"),
        ("--no-such-option",),
    ],
    ids=" ".join,
)
def test_invalid_usage_exits_with_2(
    standalone_ini: Path, run: Any, run_json: Any, wrong: tuple[str, ...]
) -> None:
    result = run("application", "create", standalone_ini, *WEB, *wrong, code=2)

    assert result.stdout == ""
    assert "Error" in result.stderr
    assert run_json("application", "list", standalone_ini) == []


def test_list_finds_applications_by_text_and_owner(
    standalone_ini: Path, run: Any, run_json: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "LISTED_AT_ONCE", 1)
    for name in ("one", "two"):
        run(
            *("application", "create", standalone_ini, *WEB, "--client-id", name),
            *("--user", f"owner of {name}"),
        )
    found = {
        options: [
            item["client_id"]
            for item in run_json("application", "list", standalone_ini, *options)
        ]
        for options in ((), ("--search", "TWO"), ("--user", "owner of one"))
    }
    assert list(found.values()) == [["one", "two"], ["two"], ["one"]]


def test_a_client_id_is_unique(standalone_ini: Path, run: Any) -> None:
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    run(*create)

    assert "client_id: is taken" in run(*create, code=1).stderr


def test_an_unknown_client_id_exits_with_1(standalone_ini: Path, run: Any) -> None:
    for command in (("show",), ("delete", "--yes"), ("rotate-secret",)):
        name, *flags = command
        result = run("application", name, standalone_ini, "nobody", *flags, code=1)
        assert "there is no application nobody" in result.stderr


def test_a_client_id_may_begin_with_a_dash(
    standalone_ini: Path, run: Any, run_json: Any
) -> None:
    """An imported client ID may, since base64url text may begin with a dash."""
    run("application", "create", standalone_ini, *WEB, "--client-id", "-_6uf5F5")

    assert run_json("application", "show", standalone_ini, "-_6uf5F5")["name"] == "Web"
    assert run_json("application", "rotate-secret", standalone_ini, "-_6uf5F5")
    run("application", "delete", standalone_ini, "-_6uf5F5", "--yes")
    assert run_json("application", "list", standalone_ini) == []


def test_a_generated_client_id_begins_with_a_letter() -> None:
    """It can then be pasted after any command."""
    assert all(new_client_id()[0].isalpha() for _ in range(500))


def test_a_misspelled_option_is_not_read_as_a_client_id(
    standalone_ini: Path, run: Any
) -> None:
    run("application", "create", standalone_ini, *WEB, "--client-id", "web")

    assert (
        "--yse"
        in run("application", "delete", standalone_ini, "web", "--yse", code=2).stderr
    )


def test_delete_asks_for_confirmation(
    standalone_ini: Path, run: Any, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    delete = ("application", "delete", standalone_ini, application["client_id"])

    run(*delete, stdin="n\n", code=1)
    assert len(run_json("application", "list", standalone_ini)) == 1
    run(*delete, stdin="y\n")
    assert run_json("application", "list", standalone_ini) == []


def test_options_for_the_columns_of_a_host_application_class(
    shop_ini: Path, run: Any, run_json: Any
) -> None:
    application = run_json(
        *("application", "create", shop_ini, *WEB),
        *("--set", "logo=https://a.example/logo.svg", "--set", "agree=yes"),
    )

    details = json.loads(
        run("application", "show", shop_ini, application["client_id"], "--json").stdout
    )
    assert details["logo"] == "https://a.example/logo.svg"
    assert (details["agree"], details["stars"]) == (True, 3)


def test_the_rules_of_a_host_application_class_are_applied(
    shop_ini: Path, run: Any, run_json: Any
) -> None:
    create = ("application", "create", shop_ini, *WEB)

    assert "stars: five at most" in run(*create, "--set", "stars=6", code=1).stderr
    run(*create, "--set", "stars=many", code=2)
    assert run_json("application", "list", shop_ini) == []
