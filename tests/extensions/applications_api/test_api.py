"""Programs register and manage applications through the JSON API."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import JSON, MetaData, Numeric, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.events import ClientRegistered
from pyramid_oauth.models import AbstractApplication, UtcDateTime
from pyramid_oauth.models.application import OWNER
from pyramid_oauth.resource import TokenIdentity
from tests.support.host import (
    CALLBACK,
    Host,
    authorize_client,
    build_code_exchange,
    parse_redirect,
    request_client_token,
)
from tests.support.provider import log_in_browser

API = "/oauth/applications_api"
READ, WRITE = "applications:read", "applications:write"
PROBLEM = "application/problem+json"
SHOP = {
    "name": "Shop",
    "redirect_uris": [CALLBACK],
    "token_endpoint_auth_method": "client_secret_post",
    "authorization_grant_type": ["authorization_code", "refresh_token"],
}


WITH_RESOURCES = "default resource_indicators"


class Base(DeclarativeBase):
    metadata = MetaData()


class Kind(enum.Enum):
    GAME = "a game"
    TOOL = "a tool"


class StoreApplication(AbstractApplication, Base):
    """A client with columns of the host."""

    __tablename__ = "store_api_application"
    __table_args__ = (UniqueConstraint("logo", "born"),)

    logo: Mapped[str | None] = mapped_column(String(20), doc="A square one.")
    agree: Mapped[bool] = mapped_column(default=False)
    stars: Mapped[int] = mapped_column(default=3)
    kind: Mapped[Kind | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    weight: Mapped[float | None]
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    born: Mapped[date | None]
    tags: Mapped[list[str] | None] = mapped_column(JSON)
    reviewed: Mapped[bool] = mapped_column(
        default=False, info={"set_by": "administrator"}
    )
    rank: Mapped[int] = mapped_column(default=0, info={"set_by": "nobody"})


class Caller:
    """A program that calls the API with one token."""

    def __init__(self, host, token):
        self.browser = host.browser()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path="", status=200, headers=None, **query):
        sent = {**self.headers, **(headers or {})}
        return self.browser.get(f"{API}{path}", query, headers=sent, status=status)

    def post(self, path="", body=None, status=201, etag=None):
        return self.browser.post_json(
            f"{API}{path}", body or {}, headers=self._matching(etag), status=status
        )

    def patch(self, client_id, body, status=200, etag=None):
        return self.browser.patch_json(
            f"{API}/{client_id}", body, headers=self._matching(etag), status=status
        )

    def delete(self, client_id, status=204, etag=None):
        return self.browser.delete(
            f"{API}/{client_id}", headers=self._matching(etag), status=status
        )

    def _matching(self, etag):
        return self.headers | ({"If-Match": etag} if etag else {})

    def list_names(self, **query):
        return [each["name"] for each in self.get(**query).json["applications"]]


@pytest.fixture
def registered_events(notified):
    return notified


@pytest.fixture
def new_api_host(new_host, registered_events):
    """Make a host with the API, at which the client `console` manages everything."""

    def new(further=None, **settings):
        def configure(config):
            config.include("pyramid_oauth.extensions.applications_api")
            if further is not None:
                further(config)
            config.add_subscriber(registered_events.append, ClientRegistered)

        return new_host(configure, applications_api_clients="console", **settings)

    return new


@pytest.fixture
def api_host(new_api_host):
    return new_api_host()


@pytest.fixture
def store_host(database_url):
    """A host with an Application class of its own, on a database of its own."""
    host = Host(
        database_url,
        lambda config: config.include("pyramid_oauth.extensions.applications_api"),
        applications_api_clients="console",
        application_factory=StoreApplication,
    )
    yield host
    host.engine.dispose()


@pytest.fixture
def owner_of(api_host):
    """Make a caller with a token that a user allowed."""
    credentials = api_host.register_client()

    def make(name="alice", scope=f"{READ} {WRITE}"):
        return call_for_user(api_host, credentials, name, scope)

    return make


@pytest.fixture
def console(api_host):
    return call_for_client(api_host, "console")


def call_for_user(host, credentials, name="alice", scope=f"{READ} {WRITE}"):
    browser, client_id = log_in_browser(host, name), credentials["client_id"]
    answer = authorize_client(browser, client_id=client_id, scope=scope)
    form = build_code_exchange(parse_redirect(answer)["code"], credentials)
    return Caller(host, browser.post("/oauth/token", form).json["access_token"])


def call_for_client(host, client_id, scope=f"{READ} {WRITE}"):
    credentials = host.register_client(client_id=client_id, name=client_id)
    token = request_client_token(host, credentials, scope=scope).json["access_token"]
    return Caller(host, token)


def find_pointers(response):
    assert response.headers["Content-Type"] == PROBLEM
    return sorted(each["pointer"] for each in response.json["errors"])


def test_an_owner_registers_reads_changes_and_deletes(owner_of, registered_events):
    alice = owner_of()
    created = alice.post(body=SHOP)
    shop = created.json
    assert created.headers["Location"].endswith(f"{API}/{shop['client_id']}")
    assert (shop["redirect_uris"], shop["source"]) == ([CALLBACK], OWNER)
    assert registered_events[-1].user_id == "alice"
    read = alice.get(f"/{shop['client_id']}")
    assert read.json == {k: v for k, v in shop.items() if k != "client_secret"}
    assert alice.list_names() == ["Shop"]
    etag = read.headers["ETag"]
    changed = alice.patch(shop["client_id"], {"name": "New shop"}, etag=etag)
    assert changed.json["name"] == "New shop"
    assert changed.json["redirect_uris"] == [CALLBACK]
    assert changed.headers["ETag"] != etag
    alice.delete(shop["client_id"])
    alice.get(f"/{shop['client_id']}", status=404)


def test_a_secret_is_shown_when_it_is_made_and_never_again(api_host, owner_of):
    alice = owner_of()
    shop = alice.post(body=SHOP).json
    client_id, first = shop["client_id"], shop["client_secret"]
    rotated = alice.post(f"/{client_id}/secret", status=200).json
    second = rotated["client_secret"]
    assert second != first
    assert rotated["former_secret_expires_at"]
    for response in (
        alice.get(f"/{client_id}"),
        alice.get(),
        alice.patch(client_id, {"name": "X"}, etag="*"),
    ):
        assert '"client_secret":' not in response.text
        assert second not in response.text
    for secret in (first, second):
        form = {"client_id": client_id, "client_secret": secret, "token": "x"}
        api_host.browser().post("/oauth/introspect", form, status=200)


def test_owners_see_their_own_applications_only(owner_of):
    client_id = owner_of().post(body=SHOP).json["client_id"]
    bob = owner_of("bob")
    assert bob.list_names() == []
    bob.get(f"/{client_id}", status=404)
    bob.patch(client_id, {"name": "Mine"}, status=404, etag="*")
    bob.post(f"/{client_id}/secret", status=404)
    bob.delete(client_id, status=404)
    unknown = bob.get("/nothing", status=404)
    assert bob.get(f"/{client_id}", status=404).json == unknown.json


def test_a_named_client_manages_the_applications_of_everybody(owner_of, console):
    client_id = owner_of().post(body=SHOP).json["client_id"]
    assert set(console.list_names()) >= {"Shop", "Web", "console"}
    trusted = {"skip_authorization": True, "user_id": "bob"}
    changed = console.patch(client_id, trusted, etag="*").json
    assert (changed["skip_authorization"], changed["user_id"]) == (True, "bob")
    own = console.post(body=SHOP).json
    assert (own["user_id"], own["source"]) == (None, "administrator")


def test_another_client_manages_nothing(api_host):
    other = call_for_client(api_host, "other")
    assert other.get(status=403).headers["Content-Type"] == PROBLEM
    other.post(body=SHOP, status=403)


def test_a_token_that_a_user_allowed_to_a_named_client_is_the_owners(api_host):
    credentials = api_host.register_client(client_id="console", name="Console")
    assert call_for_user(api_host, credentials).list_names() == []


@pytest.mark.spec("RFC 6750", "3.1")
def test_each_method_needs_its_scope(api_host, owner_of):
    for token in (None, "unknown"):
        refused = Caller(api_host, token).get(status=401)
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert refused.headers["Content-Type"] == PROBLEM
    reader = owner_of(scope=READ)
    reader.get()
    refused = reader.post(body=SHOP, status=403)
    assert f'scope="{WRITE}"' in refused.headers["WWW-Authenticate"]
    assert refused.json["error"] == "insufficient_scope"
    owner_of(scope=WRITE).get(status=403)


@pytest.mark.spec("RFC 8707", "3")
@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("https://shop.example/api", 401),
        ("https://as.example/oauth/applications_api", 200),
    ],
)
def test_a_token_for_another_resource_is_refused(new_api_host, resource, status):
    host = new_api_host(resources=f"{resource} = Shop", extensions=WITH_RESOURCES)
    client = host.register_client(client_id="console", name="Console")
    response = request_client_token(host, client, scope=READ, resource=resource)
    assert response.json["scope"] == READ
    caller = Caller(host, response.json["access_token"])
    refused = caller.get(status=status)
    if status == 401:
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


@pytest.mark.spec("RFC 9700", "4.4")
@pytest.mark.parametrize(
    ("issuer", "status"), [("https://other.example", 401), ("", 200)]
)
def test_a_token_of_another_issuer_manages_nothing(new_api_host, issuer, status):
    """The client of that name may be anybody's there."""

    def verify(request, token):
        own = request.registry["pyramid_oauth.settings"].issuer
        return TokenIdentity(client_id="console", scope=READ, issuer=issuer or own)

    host = new_api_host(lambda config: config.set_oauth_token_verifier(verify))
    Caller(host, "token").get(status=status)


PUSHED = "require_pushed_authorization_requests"


@pytest.mark.parametrize("changed", [None, False])
def test_owners_may_not_change_a_protection_that_an_administrator_has_set(
    console, owner_of, changed
):
    owner = owner_of()
    created = owner.post(body={**SHOP, "client_metadata": {PUSHED: True}})
    client_id = created.json["client_id"]

    def change(caller, status=200, **members):
        body = {"client_metadata": members}
        etag = caller.get(f"/{client_id}").headers["ETag"]
        return caller.patch(client_id, body, status, etag)

    change(owner, **{PUSHED: changed})
    change(console, **{PUSHED: True})
    for members in ({PUSHED: changed}, {"administrator_members": None}):
        refused = change(owner, 422, **members)
        assert find_pointers(refused) == ["#/client_metadata"]
    found = change(owner, software_id="shop").json["client_metadata"]
    assert found == {
        PUSHED: True,
        "administrator_members": [PUSHED],
        "software_id": "shop",
    }
    change(console, **{PUSHED: changed})
    assert not change(owner, **{PUSHED: None}).json["client_metadata"].get(PUSHED)


def test_a_client_that_could_sign_no_request_is_refused(new_api_host):
    host = new_api_host(request_object_rules="rfc9101")
    name = "require_signed_request_object"
    body = {**SHOP, "client_metadata": {name: True}}
    refused = call_for_client(host, "console").post(body=body, status=422)
    assert find_pointers(refused) == [f"#/{name}"]


@pytest.mark.parametrize("names", [5, "text", {"a": 1}, [["a"]], [None]])
def test_malformed_names_of_protections_are_refused(console, names):
    body = {**SHOP, "client_metadata": {"administrator_members": names}}
    refused = console.post(body=body, status=422)
    assert find_pointers(refused) == ["#/administrator_members"]


def test_owners_may_not_set_what_makes_a_client_trusted(owner_of):
    forbidden = {
        "skip_authorization": True,
        "introspection": "any",
        "user_id": "bob",
        "client_secret": "chosen by me",
        "client_id": "chosen",
        "authorization_grant_type": ["client_credentials"],
    }
    refused = owner_of().post(body={**SHOP, **forbidden}, status=422)
    assert find_pointers(refused) == sorted(f"#/{name}" for name in forbidden)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", 7),
        ("name", None),
        ("name", "a\x00b"),
        ("name", "x" * 300),
        ("redirect_uris", CALLBACK),
        ("redirect_uris", [f"{CALLBACK} {CALLBACK}"]),
        ("redirect_uris", ["javascript:alert(1)"]),
        ("client_metadata", {"logo_uri": "\x00"}),
        ("client_metadata", []),
        ("unknown/member", 1),
    ],
)
def test_a_malformed_member_is_named(owner_of, member, value):
    refused = owner_of().post(body={**SHOP, member: value}, status=422)
    assert f"#/{member.replace('/', '~1')}" in find_pointers(refused)


def test_a_missing_name_is_named(owner_of):
    assert "#/name" in find_pointers(owner_of().post(body={}, status=422))


@pytest.mark.spec("RFC 9110", "13.1.1")
def test_a_lost_update_is_refused(owner_of):
    alice = owner_of()
    created = alice.post(body=SHOP)
    client_id, etag = created.json["client_id"], created.headers["ETag"]
    assert alice.patch(client_id, {"name": "A"}, status=428).json["status"] == 428
    alice.patch(client_id, {"name": "A"}, etag=etag)
    alice.patch(client_id, {"name": "B"}, status=412, etag=etag)
    alice.delete(client_id, status=412, etag=etag)
    alice.post(f"/{client_id}/secret", status=412, etag=etag)
    current = alice.get(f"/{client_id}")
    assert current.json["name"] == "A"
    known = {"If-None-Match": current.headers["ETag"]}
    assert alice.get(f"/{client_id}", status=304, headers=known).body == b""


def test_an_application_is_disabled_and_enabled(owner_of, console):
    alice = owner_of()
    client_id = alice.post(body=SHOP).json["client_id"]
    assert alice.patch(client_id, {"disabled": True}, etag="*").json["disabled"]
    assert not alice.patch(client_id, {"disabled": False}, etag="*").json["disabled"]
    console.patch(client_id, {"disabled": True}, etag="*")
    both = {"disabled": False, "name": "Back"}
    alice.patch(client_id, both, status=403, etag="*")
    assert alice.get(f"/{client_id}").json["name"] == "Shop"
    refused = alice.patch(client_id, {"disabled": "no"}, status=422, etag="*")
    assert find_pointers(refused) == ["#/disabled"]


def test_pages_follow_a_cursor(owner_of):
    alice = owner_of()
    for number in range(3):
        alice.post(body={**SHOP, "name": f"Shop {number}"})
    page = alice.get(limit=2)
    assert [each["name"] for each in page.json["applications"]] == ["Shop 2", "Shop 1"]
    assert page.headers["Link"].endswith('; rel="next"')
    assert alice.list_names(limit=2, after=page.json["next"]) == ["Shop 0"]
    assert alice.list_names(search="shop 1") == ["Shop 1"]
    assert alice.list_names(after="none") == []
    numbers = ("0", "101", "10000", "01000000", f"0001{'9' * 30}", "9" * 5000)
    for limit in (*numbers, "x", "-1", "\N{SUPERSCRIPT TWO}"):
        alice.get(status=400, limit=limit)


def test_an_owner_has_a_limit_of_applications(new_api_host):
    host = new_api_host(applications_per_owner=1)
    alice = call_for_user(host, host.register_client())
    alice.post(body=SHOP)
    refused = alice.post(body=SHOP, status=429)
    assert refused.headers["Content-Type"] == PROBLEM
    assert int(refused.headers["Retry-After"]) > 0
    assert alice.list_names() == ["Shop"]


def test_columns_of_the_host_are_members_by_their_type(store_host):
    console = call_for_client(store_host, "console")
    values = {
        "logo": "shop.png",
        "agree": True,
        "stars": 5,
        "kind": "GAME",
        "born": "2026-02-28",
        "tags": ["fun"],
        "weight": 1.5,
        "opened_at": "2026-02-28T12:00:00+00:00",
        "reviewed": True,
    }
    shop = console.post(body={**SHOP, **values, "price": "9.50"}).json
    assert {name: shop[name] for name in values} == values
    assert Decimal(shop["price"]) == Decimal("9.5")
    assert "rank" not in shop
    wrong = {
        "logo": "x" * 21,
        "agree": "yes",
        "stars": 2**31,
        "kind": "BOOK",
        "price": "1e6",
        "weight": "heavy",
        "opened_at": "0001-01-01T00:00:00+01:00",
        "born": "yesterday",
        "tags": {"a": "\x00"},
        "rank": 1,
    }
    refused = console.patch(shop["client_id"], wrong, status=422, etag="*")
    assert find_pointers(refused) == sorted(f"#/{name}" for name in wrong)
    alice = call_for_user(store_host, store_host.register_client())
    refused = alice.post(body={**SHOP, "reviewed": True}, status=422)
    assert find_pointers(refused) == ["#/reviewed"]


def test_a_value_that_the_database_refuses_is_a_conflict(store_host):
    console = call_for_client(store_host, "console")
    taken = {**SHOP, "logo": "shop.png", "born": "2026-02-28"}
    console.post(body=taken)
    refused = console.post(body=taken, status=409)
    assert refused.headers["Content-Type"] == PROBLEM
    assert console.list_names(search="Shop") == ["Shop"]


def test_the_openapi_document_is_valid_and_has_the_columns_of_the_host(store_host):
    document = store_host.browser().get(f"{API}/openapi.json")
    assert document.headers["ETag"]
    OpenAPIV31SpecValidator(document.json).validate()
    schemas = document.json["components"]["schemas"]
    known = schemas["Application"]["properties"]
    assert known["kind"] == {"enum": ["GAME", "TOOL", None]}
    assert known["logo"]["description"] == "A square one."
    assert known["redirect_uris"]["items"]["type"] == "string"
    assert "client_secret" not in known
    assert "rank" not in known
    assert schemas["NewApplication"]["required"] == ["name"]
    assert document.json["servers"] == [{"url": "https://as.example/oauth"}]
    assert "/applications_api/{client_id}" in document.json["paths"]


def test_the_openapi_document_names_the_security_options_that_are_on(new_api_host):
    def members(host):
        document = host.browser().get(f"{API}/openapi.json").json
        OpenAPIV31SpecValidator(document).validate()
        known = document["components"]["schemas"]["NewApplication"]["properties"]
        return known["client_metadata"]["properties"]

    pushed = members(new_api_host())["require_pushed_authorization_requests"]
    assert pushed["type"] == ["boolean", "null"]
    assert "PAR" in pushed["description"]
    assert "require_pushed_authorization_requests" not in members(
        new_api_host(pushed_authorization_requests="false")
    )


def test_another_method_or_body_is_refused(owner_of):
    alice = owner_of()
    refused = alice.browser.put(API, headers=alice.headers, status=405)
    assert refused.headers["Allow"] == "GET, HEAD, POST"
    for content, status in (("text/plain", 415), ("application/json", 400)):
        sent = {**alice.headers, "Content-Type": content}
        refused = alice.browser.post(API, "[", headers=sent, status=status)
        assert refused.headers["Content-Type"] == PROBLEM


def test_a_host_without_the_api_has_none(host):
    host.browser().get(API, status=404)


CONSOLE = "https://console.example.com"


def preflight(host, origin):
    headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    return host.browser().options(f"{API}/web", headers=headers, status="*")


def test_scripts_of_a_named_origin_read_the_api(new_api_host):
    host = new_api_host(applications_api_origins=CONSOLE)
    answer = preflight(host, CONSOLE)
    assert answer.status_int == 204
    assert answer.headers["Access-Control-Allow-Origin"] == CONSOLE
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "If-Match" in answer.headers["Access-Control-Allow-Headers"]
    caller = Caller(host, None)
    refused = caller.get(status=401, headers={"Origin": CONSOLE})
    assert refused.headers["Access-Control-Allow-Origin"] == CONSOLE
    assert "WWW-Authenticate" in refused.headers["Access-Control-Expose-Headers"]
    assert "Origin" in refused.headers.getall("Vary")


@pytest.mark.parametrize(
    "origins",
    ["", "https://other.example.com"],
    ids=["no-origin-named", "another-origin-named"],
)
def test_scripts_of_other_origins_cannot_read_the_api(new_api_host, origins):
    host = new_api_host(applications_api_origins=origins)
    for answer in (
        preflight(host, CONSOLE),
        Caller(host, None).get(status=401, headers={"Origin": CONSOLE}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ["*", "https://a.example/path", "http://a.example"])
def test_an_origin_that_no_page_can_have_stops_the_start(new_api_host, origin):
    with pytest.raises(ConfigurationError, match="applications_api_origins"):
        new_api_host(applications_api_origins=origin)
