"""The `sid` claim: the session identifier that clients receive."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Account, Accounts
from tests.support.host import Host, authorize_client
from tests.support.person import LoggedInUser
from tests.support.secret import SECRET


class AccountsWithSessionIds(Accounts):
    """The accounts of a host that names its sessions."""

    def current(self, request):
        user = request.session.get("user")
        return user and Account(subject=user, session_id=f"session of {user}")


@pytest.fixture(
    params=[None, AccountsWithSessionIds],
    ids=["without-session-ids", "with-session-ids"],
)
def sid_host(request, tables_url):
    def configure(config):
        if request.param:
            config.set_oauth_accounts(request.param)

    host = Host(tables_url, configure)
    host.register_client()
    host.register_client(client_id="other")
    yield host
    host.engine.dispose()


def log_in(host, name="alice"):
    browser = host.browser()
    browser.get("/login", {"name": name})
    return browser


def stored_sids(host):
    with Session(host.engine) as session:
        grants = session.query(host.models.Grant).all()
        return {(grant.user_id, grant.session_id) for grant in grants}


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.1")
def test_all_clients_of_a_session_receive_the_same_sid(sid_host):
    browser = log_in(sid_host)
    authorize_client(browser)
    authorize_client(browser, client_id="other")
    ((user, sid),) = stored_sids(sid_host)
    assert user == "alice"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", sid)


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
def test_another_session_has_another_sid(sid_host):
    authorize_client(log_in(sid_host))
    authorize_client(log_in(sid_host, "bob"))
    assert len({sid for _, sid in stored_sids(sid_host)}) == 2


def test_the_sid_is_neither_the_session_id_of_the_host_nor_a_cookie(sid_host):
    browser = log_in(sid_host)
    authorize_client(browser)
    ((_, sid),) = stored_sids(sid_host)
    assert sid not in {"session of alice", *browser.cookies.values()}


@pytest.mark.spec("OpenID Connect Core", "8.1")
def test_pairwise_clients_receive_different_sids(new_logout_provider, people):
    provider = new_logout_provider(
        people=people, pairwise_salt=SECRET, frontchannel_logout="true"
    )
    alice, hints, client_sids = LoggedInUser(provider), {}, {}
    for client in ("web", "other"):
        provider.set_client_metadata(
            client,
            subject_type="pairwise",
            sector_identifier_uri=f"https://{client}.example/uris",
            frontchannel_logout_uri=f"https://{client}.example/out",
            frontchannel_logout_session_required=True,
        )
        hints[client] = alice.log_in_at_client(client)["id_token"]
        client_sids[client] = provider.verify_id_token(hints[client], client)["sid"]
    assert len({*client_sids.values(), *(sid for _, sid in stored_sids(provider))}) == 3
    page = alice.end_session(id_token_hint=hints["web"])
    assert alice.name == "nobody", "the hint is about this session"
    for client, sid in client_sids.items():
        assert f"https://{client}.example/out?" in page.text
        assert f"sid={sid}" in page.text


def test_a_logout_works_without_the_pairwise_salt(new_logout_provider, people):
    provider = new_logout_provider(people=people, frontchannel_logout="true")
    alice = LoggedInUser(provider)
    alice.log_in_at_client()
    provider.set_client_metadata(
        subject_type="pairwise",
        frontchannel_logout_uri="https://client.example/out",
        frontchannel_logout_session_required=True,
    )
    form = alice.end_session().forms["oauth-logout"]
    form.submit("decision", value="logout", status=200)
    assert alice.name == "nobody"
