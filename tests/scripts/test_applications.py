"""`pyramid-oauth application …` on the standalone server and on a host."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pyramid_oauth.models import KERNEL_MODELS
from pyramid_oauth.models.application import new_client_id
from pyramid_oauth.scripts.application_options import OPTIONS, UPDATE_OPTIONS
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


def test_a_secret_is_never_in_the_database(
    standalone_ini: Path, sqlite_url: str, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)

    with create_engine(sqlite_url, poolclass=NullPool).connect() as connection:
        rows = connection.execute(text("SELECT * FROM oauth_application")).all()
    assert application["client_secret"] not in repr(rows)


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


def test_every_column_of_the_mixin_has_an_option() -> None:
    """The columns that the server itself maintains are the only exceptions."""
    server_columns = {"id", "created_at", "updated_at", "revision"}
    server_columns |= {"retiring_client_secret", "retiring_client_secret_expires_at"}
    server_columns |= {"sealed_client_secret", "registration_token_digest", "source"}

    options = set(spellings_of(OPTIONS))
    assert set(KERNEL_MODELS[0].columns) - server_columns - options == set()


def test_update_changes_what_is_named_and_nothing_else(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    client_id = application["client_id"]

    changed = run_json(
        *("application", "update", standalone_ini, client_id, "--no-pkce"),
        *("--redirect-uri", "https://b.example/cb", "--allowed-scope", "read"),
        *("--client-metadata", '{"tos_uri": "https://a.example/tos"}', "--disabled"),
    )
    assert changed["redirect_uris"] == "https://b.example/cb"
    assert (changed["pkce_required"], changed["allowed_scopes"]) == (False, "read")
    assert changed["name"] == "Web"
    assert changed["disabled_at"] is not None
    assert "client_secret" not in changed
    assert load_application(standalone_ini, client_id).client_secret_matches(
        application["client_secret"]
    )

    updated = run_json(
        *("application", "update", standalone_ini, client_id, "--clear", "pkce"),
        *("--clear", "allowed-scope", "--clear", "disabled", "--introspection", "any"),
        *("--client-metadata", '{"tos_uri": null, "software_id": "web"}'),
    )
    assert (updated["pkce_required"], updated["allowed_scopes"]) == (None, None)
    assert (updated["disabled_at"], updated["introspection"]) == (None, "any")
    assert updated["client_metadata"] == {"software_id": "web"}


def spellings_of(options: Any) -> dict[str, list[str]]:
    """The command-line spellings of `options`, by parameter."""

    def command(**_: object) -> None:
        """A command with the options alone."""

    for option in options:
        option(command)
    parameters = command.__click_params__  # type: ignore[attr-defined]
    return {parameter.name: parameter.opts for parameter in parameters}


def test_update_takes_every_option_of_create() -> None:
    assert set(spellings_of(OPTIONS)) - set(spellings_of(UPDATE_OPTIONS)) == {
        "client_id"
    }


def test_every_option_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs/how_to/clients.rst").read_text()
    for options in spellings_of((*OPTIONS, *UPDATE_OPTIONS)).values():
        assert f"``{options[0]}``" in page


def test_update_of_the_method_creates_or_removes_the_secret(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    update = ("application", "update", standalone_ini, application["client_id"])

    assert "client_secret" not in run_json(*update, "--public")
    assert (
        load_application(standalone_ini, application["client_id"]).client_secret is None
    )
    updated = run_json(*update, "--client-type", "confidential")
    assert updated["token_endpoint_auth_method"] == "client_secret_basic"
    assert load_application(
        standalone_ini, application["client_id"]
    ).client_secret_matches(updated["client_secret"])


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--public", "--no-pkce"), 1, "must not be false for a public client"),
        (("--redirect-uri", "http://a.example/cb"), 1, "redirect_uris: http://a"),
        (("--clear", "pkce", "--pkce"), 2, "pkce_required: set and cleared at once"),
        (("--client-metadata", '{"scope": null}'), 2, "scope: is null; use --clear"),
        (("--clear", "name", "--set", "name=x"), 2, "name: set and cleared"),
    ],
    ids=["public-without-pkce", "http", "pkce-twice", "null-scope", "name-twice"],
)
def test_update_refuses_what_create_refuses(
    standalone_ini: Path, run: Any, run_json: Any, more: Any, code: int, message: str
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    before = run_json("application", "show", standalone_ini, application["client_id"])

    refused = run(
        "application",
        "update",
        standalone_ini,
        application["client_id"],
        *more,
        code=code,
    )
    assert message in refused.stderr
    assert (
        run_json("application", "show", standalone_ini, application["client_id"])
        == before
    )


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


def test_create_reads_a_secret_from_stdin(
    standalone_ini: Path, run: Any, run_json: Any
) -> None:
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    result = run(*create, "--client-secret", "-", stdin="correct horse battery\n")

    assert load_application(standalone_ini, "web").client_secret_matches(
        "correct horse battery"
    )
    assert "correct horse" not in result.output


@pytest.mark.parametrize(
    "place", ["file:{path}", "env:CLIENT_SECRET"], ids=["file", "environment"]
)
def test_a_chosen_secret_can_be_in_a_file_or_the_environment(
    standalone_ini: Path,
    run: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    path = tmp_path / "secret"
    path.write_text("correct horse battery\n")
    monkeypatch.setenv("CLIENT_SECRET", "correct horse battery")
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    run(*create, "--client-secret", place.format(path=path))

    assert load_application(standalone_ini, "web").client_secret_matches(
        "correct horse battery"
    )


@pytest.mark.parametrize(
    "place",
    ["a secret for all to see", "file:/nowhere", "env:NO"],
    ids=["literal", "missing-file", "missing-variable"],
)
def test_a_secret_cannot_be_an_argument(
    standalone_ini: Path, run: Any, place: str
) -> None:
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    result = run(*create, "--client-secret", place, code=2)
    assert "--client-secret" in result.output
    assert "for all to see" not in result.output


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


def test_a_client_id_is_unique(standalone_ini: Path, run: Any) -> None:
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    run(*create)

    assert "refuses" in run(*create, code=1).stderr


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


def test_rotate_secret_keeps_the_former_secret_for_its_overlap(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    rotate = ("application", "rotate-secret", standalone_ini, application["client_id"])

    first = run_json(*rotate)
    row = load_application(standalone_ini, application["client_id"])
    assert row.client_secret_matches(first["client_secret"])
    assert row.client_secret_matches(application["client_secret"])

    run_json(*rotate, "--overlap", "0")
    assert not load_application(
        standalone_ini, application["client_id"]
    ).client_secret_matches(first["client_secret"])


def test_rotate_secret_refuses_a_public_client(
    standalone_ini: Path, run: Any, run_json: Any
) -> None:
    application = run_json(
        *("application", "create", standalone_ini, "--public"),
        *("--redirect-uri", "https://a.example/cb"),
    )

    run(
        "application", "rotate-secret", standalone_ini, application["client_id"], code=1
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
