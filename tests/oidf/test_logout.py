"""Logout as the suite asks for it (RP-Initiated, Front-Channel, Back-Channel)."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest

from tests.oidf.flow import Kind, kinds
from tests.oidf.jose import (
    build_secret_key_set,
    build_unsigned_jwt,
    export_public_keys,
    generate_key_set,
    sign,
)

pytestmark = pytest.mark.slow
RP_INITIATED = "OpenID Connect RP-Initiated Logout"
BOTH_KINDS = (Kind("code", "static"), Kind("code id_token", "dynamic"))
# The module draws its signs from all of VSCHAR, but for blanks and plus signs.
STATE = "aZ0" * 20 + "!\"#$%&'()*,-./:;<=>?@[\\]^_`{|}~%41&amp;"
_KEYS = generate_key_set()
EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Session:
    """A login at a client that may ask for logouts, and its own log-out."""

    def __init__(self, flow, file="rp-initiated-logout-static", **metadata):
        self.flow, self.suite = flow, flow.suite
        self.after = f"{self.suite.callbacks}post_logout_redirect"
        if flow.kind.registration == "static":
            self.client = self.suite.load_static_client(file)
            self.client.keys = build_secret_key_set(self.client.secret)
        else:
            self.client = self.suite.register(
                post_logout_redirect_uris=[self.after],
                **{"jwks": export_public_keys(_KEYS), **metadata},
            )
            self.client.keys = _KEYS
        self.suite.listener.requests.clear()
        self.login = self.suite.log_in(self.client, flow.response_type)

    def log_out(self, *, module=None, **changes):
        request = {
            "id_token_hint": self.login["id_token"],
            "post_logout_redirect_uri": self.after,
            "state": STATE,
            **changes,
        }
        return self.suite.log_out(module=module, **request)

    @property
    def return_url(self):
        """The URL at which the logout must end."""
        return f"{self.after}?{urlencode({'state': STATE})}"

    def has_returned_to_client(self):
        """Whether the browser was sent to the client after the logout."""
        requests = self.suite.listener.requests
        return any("post_logout_redirect" in request["path"] for request in requests)

    def has_ended(self):
        answer = self.suite.authorize(
            self.client, self.flow.response_type, prompt="none"
        )
        return answer.members.get("error") in (
            "login_required",
            "interaction_required",
            "account_selection_required",
            "consent_required",
        )


@pytest.mark.module("oidcc-rp-initiated-logout")
@pytest.mark.spec(RP_INITIATED, "2")
@pytest.mark.spec(RP_INITIATED, "3")
@kinds(*BOTH_KINDS)
def test_a_client_logs_out_and_gets_its_state_back(flow):
    session = Session(flow)
    page = session.log_out()
    assert page.url == session.return_url
    assert session.has_ended()


@pytest.mark.module("oidcc-rp-initiated-logout-no-state")
@pytest.mark.spec(RP_INITIATED, "2")
@kinds(*BOTH_KINDS)
def test_a_logout_without_state_gets_none_back(flow):
    session = Session(flow)
    assert session.log_out(state=None).url == session.after
    assert session.has_ended()


def sign_as_client(session):
    """A token signed by the client, with issuer and audience exchanged."""
    claims = {
        "iss": session.client.id,
        "sub": "SubjectID",
        "aud": session.suite.provider.issuer,
        "nonce": "flibble",
        "iat": int(time.time()),
        "exp": int(time.time()) + 300,
    }
    return sign(claims, next(iter(session.client.keys)))


def alter_signature(token):
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{signature[:-4]}AAAA"


UNVERIFIABLE_REQUESTS = [
    pytest.param(
        "bad-post-logout-redirect-uri",
        lambda session: {
            "post_logout_redirect_uri": (
                f"{session.suite.callbacks}bad_post_logout_redirect_uri"
            )
        },
        marks=pytest.mark.module(
            "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"
        ),
    ),
    pytest.param(
        "query-added-to-post-logout-redirect-uri",
        lambda session: {"post_logout_redirect_uri": f"{session.after}?foo=bar"},
        marks=pytest.mark.module(
            "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"
        ),
    ),
    pytest.param(
        "modified-id-token-hint",
        lambda session: {"id_token_hint": alter_signature(session.login["id_token"])},
        marks=pytest.mark.module("oidcc-rp-initiated-logout-modified-id-token-hint"),
    ),
    pytest.param(
        "modified-id-token-hint",
        # As in the module: the same claims without a signature.
        lambda session: {"id_token_hint": build_unsigned_jwt(session.login["claims"])},
        marks=pytest.mark.module("oidcc-rp-initiated-logout-modified-id-token-hint"),
    ),
    pytest.param(
        "bad-id-token-hint",
        lambda session: {"id_token_hint": sign_as_client(session)},
        marks=pytest.mark.module("oidcc-rp-initiated-logout-bad-id-token-hint"),
    ),
    pytest.param(
        "no-id-token-hint",
        lambda session: {"id_token_hint": None},
        marks=pytest.mark.module("oidcc-rp-initiated-logout-no-id-token-hint"),
    ),
]


@pytest.mark.spec(RP_INITIATED, "4")
@pytest.mark.parametrize(("module", "changes"), UNVERIFIABLE_REQUESTS)
@kinds(*BOTH_KINDS)
def test_a_logout_without_a_valid_hint_needs_confirmation_and_never_redirects(
    flow, module, changes
):
    session = Session(flow)
    browser = session.suite.browser
    page = session.log_out(
        module=f"oidcc-rp-initiated-logout-{module}", **changes(session)
    )
    assert page.url.startswith(session.suite.provider.issuer)
    assert browser.screenshots
    browser.press(page.element("id", "oauth-logout-confirm"))
    assert browser.page.element("id", "oauth-logged-out")
    assert not session.has_returned_to_client()
    assert session.has_ended()


NO_PARAMETERS = {"id_token_hint": None, "post_logout_redirect_uri": None, "state": None}


@pytest.mark.spec(RP_INITIATED, "2")
@pytest.mark.parametrize(
    ("module", "changes"),
    [
        pytest.param(
            "no-params",
            NO_PARAMETERS,
            marks=pytest.mark.module("oidcc-rp-initiated-logout-no-params"),
        ),
        pytest.param(
            "only-state",
            {**NO_PARAMETERS, "state": STATE},
            marks=pytest.mark.module("oidcc-rp-initiated-logout-only-state"),
        ),
        pytest.param(
            "no-post-logout-redirect-uri",
            {"post_logout_redirect_uri": None},
            marks=pytest.mark.module(
                "oidcc-rp-initiated-logout-no-post-logout-redirect-uri"
            ),
        ),
    ],
)
@kinds(*BOTH_KINDS)
def test_a_logout_without_a_redirect_uri_ends_on_a_page(flow, module, changes):
    session = Session(flow)
    session.log_out(module=f"oidcc-rp-initiated-logout-{module}", **changes)
    assert [target for target, _ in session.suite.browser.screenshots] == [
        "oauth-logged-out"
    ]
    assert not session.has_returned_to_client()
    assert session.has_ended()


def log_out_and_collect(flow, channel):
    """Log out a session; returns it, the last page and the request by the channel."""
    metadata = {
        f"{channel}_logout_uri": f"{flow.suite.callbacks}{channel}_logout",
        f"{channel}_logout_session_required": True,
    }
    session = Session(flow, f"{channel}-rp-initiated-logout-static", **metadata)
    page = session.log_out()
    path = f"/test/a/pyramid_oauth/{channel}_logout"
    return session, page, flow.suite.listener.wait_for(path)


@pytest.mark.module("oidcc-frontchannel-rp-initiated-logout")
@pytest.mark.spec("OpenID Connect Front-Channel Logout", "2")
@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
@kinds(*BOTH_KINDS)
def test_a_client_is_notified_by_front_channel(flow):
    session, page, notification = log_out_and_collect(flow, "frontchannel")
    assert notification["query"] == {
        "iss": session.suite.provider.issuer,
        "sid": session.login["claims"]["sid"],
    }
    assert page.url == session.return_url
    assert session.has_ended()


@pytest.mark.module("oidcc-backchannel-rp-initiated-logout")
@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.4")
@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.5")
@kinds(*BOTH_KINDS)
def test_a_client_is_notified_by_back_channel(flow):
    session, _, notification = log_out_and_collect(flow, "backchannel")
    assert notification["type"].startswith("application/x-www-form-urlencoded")
    claims = session.suite.verify_token(notification["form"]["logout_token"])
    assert claims["iss"] == session.suite.provider.issuer
    assert claims["aud"] in (session.client.id, [session.client.id])
    assert claims["sid"] == session.login["claims"]["sid"]
    assert (
        claims.get("sub", session.login["claims"]["sub"])
        == (session.login["claims"]["sub"])
    )
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert claims["jti"]
    assert abs(claims["iat"] - time.time()) < 60
    assert claims["exp"] > time.time()
    assert set(notification["form"]) == {"logout_token"}
    assert session.has_ended()
