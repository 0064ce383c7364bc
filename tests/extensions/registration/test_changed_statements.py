"""No changed software statement approves metadata (property-based).

RFC 7591 section 2.3, RFC 8725 section 3.
"""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey

from tests.support.client_keys import ISSUER, key_set
from tests.support.examples import at_most
from tests.support.host import CALLBACK, Host
from tests.support.jose_inputs import Sender
from tests.support.jwt_readers import MUTATIONS, judge, show
from tests.support.key_material import private_key
from tests.support.registry import Registry, ignore_open_registration

PUBLISHER = "https://publisher.example"
REFUSALS = (
    "invalid_software_statement",
    "unapproved_software_statement",
    "invalid_client_metadata",
    "invalid_redirect_uri",
)


@pytest.fixture(scope="module")
def trusting_registry(tmp_path_factory):
    """A registry that trusts a publisher which signs by ES256."""
    folder = tmp_path_factory.mktemp("statements")
    (folder / "publisher.json").write_text(json.dumps(key_set("ES256")))
    with ignore_open_registration():
        host = Host(
            f"sqlite:///{folder}/test.sqlite",
            registration="open",
            registration_limit="0",
            software_statement_issuers=f"{PUBLISHER} = file:{folder}/publisher.json",
        )
    yield Registry(host)
    host.engine.dispose()


def make_sender():
    key = private_key("ES256")
    assert isinstance(key, ECKey)
    claims = {
        "iss": PUBLISHER,
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "software_id": "shop",
        "client_name": "Shop",
    }
    return Sender(key, claims)


def registers(registry, statement):
    body = {"redirect_uris": [CALLBACK], "software_statement": statement}
    answer = registry.host.browser().post_json("/oauth/register", body, status="*")
    assert answer.status_int in (201, 400, 413), answer.text
    if answer.status_int == 400:
        assert answer.json["error"] in REFUSALS
    return answer.status_int == 201


@pytest.mark.spec("RFC 7591", "2.3")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(300), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_statement_is_refused(trusting_registry, mutation):
    sender = make_sender()
    show(
        mutation,
        sender,
        lambda token: registers(trusting_registry, token),
        judge(sender, "iss", optional=("aud", "exp")),
    )
