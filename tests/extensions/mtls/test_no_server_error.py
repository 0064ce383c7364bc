"""No certificate leads to a server error, whatever its members are."""

from __future__ import annotations

import pytest

from tests.support.certificates import MTLS

pytestmark = pytest.mark.slow
METADATA = {
    "tls_client_auth_subject_dn": "CN=Web",
    "tls_client_auth_san_email": "me@client.example",
}


def changed_encodings(der):
    """The certificate with each of its bytes changed, one at a time."""
    for position in range(len(der)):
        for mask in (0x01, 0x80, 0xFF):
            byte = bytes([der[position] ^ mask])
            yield der[:position] + byte + der[position + 1 :]


@pytest.mark.spec(MTLS, "7.5")
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("member", [*METADATA, "jwks"])
def test_a_changed_certificate_is_accepted_or_refused(
    host, register_tls_client, own, member
):
    if member == "jwks":
        client = register_tls_client(host, "self_signed_tls_client_auth", jwks=own.jwks)
    else:
        client = register_tls_client(host, **{member: METADATA[member]})
    browser = host.browser()
    form = {"token": "x", **client}
    statuses = set()
    for der in changed_encodings(own.der):
        environ = {"SSL_CLIENT_CERT": der, "SSL_CLIENT_VERIFY": "SUCCESS"}
        answer = browser.post(
            "/oauth/revoke", form, extra_environ=environ, status=(200, 401)
        )
        statuses.add(answer.status_int)
    assert 401 in statuses
