"""Clients that authenticate by a certificate (RFC 8705 section 2)."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.support.certificates import MTLS, ClientCertificate, over_tls

SUBJECTS = {
    "tls_client_auth_subject_dn": "CN=Web,O=Müller\\, Sons \\+ Co,C=DE",
    "tls_client_auth_san_dns": "client.example",
    "tls_client_auth_san_uri": "https://client.example/Me",
    "tls_client_auth_san_ip": "2001:0db8:0:0::1",
    "tls_client_auth_san_email": "Me@client.example",
}
OTHERS = {
    "tls_client_auth_subject_dn": "C=DE,O=Müller\\, Sons \\+ Co,CN=Web",
    "tls_client_auth_san_dns": "www.client.example",
    "tls_client_auth_san_uri": "https://client.example/me",
    "tls_client_auth_san_ip": "2001:db8::2",
    "tls_client_auth_san_email": "me@client.example",
}
KINDS = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "UID": NameOID.USER_ID,
    "JC": NameOID.JURISDICTION_COUNTRY_NAME,
    "E": NameOID.EMAIL_ADDRESS,
}
NO_NAMES = ClientCertificate(names=())


def ask(host, form, environ, path="/oauth/token", **more):
    form = {"grant_type": "client_credentials", "scope": "read", **form, **more}
    return host.browser().post(path, form, extra_environ=environ, status="*")


def assert_refused(answer):
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    assert "access_token" not in answer.json


@pytest.mark.spec(MTLS, "2.1.2")
@pytest.mark.parametrize("member", SUBJECTS)
def test_a_client_authenticates_by_the_subject_of_its_certificate(
    host, register_tls_client, own, member
):
    client = register_tls_client(host, **{member: SUBJECTS[member]})
    assert ask(host, client, over_tls(own)).json["token_type"] == "Bearer"
    assert_refused(ask(host, client, over_tls(NO_NAMES if "san" in member else None)))


@pytest.mark.spec(MTLS, "2.1.2")
@pytest.mark.parametrize("member", OTHERS)
def test_a_certificate_of_another_subject_is_refused(
    host, register_tls_client, own, member
):
    client = register_tls_client(host, **{member: OTHERS[member]})
    assert_refused(ask(host, client, over_tls(own)))


@pytest.mark.spec(MTLS, "2.1.2")
@pytest.mark.parametrize(
    ("registered", "subject"),
    [
        ("cn=WEB, o=a  B", [[("O", "A b")], [("CN", "Web")]]),
        ("UID=1+CN=Web", [[("CN", "Web"), ("UID", "1")]]),
        ("1.3.6.1.4.1.311.60.2.1.3=#13024252,CN=x", [[("CN", "x")], [("JC", "BR")]]),
        ("emailAddress=me@x.example,CN=x", [[("CN", "x")], [("E", "me@x.example")]]),
    ],
)
def test_names_are_compared_by_their_parts(
    host, register_tls_client, registered, subject
):
    rdns = [
        x509.RelativeDistinguishedName(
            x509.NameAttribute(KINDS[kind], value) for kind, value in pairs
        )
        for pairs in subject
    ]
    found = ClientCertificate(x509.Name(rdns))
    client = register_tls_client(host, tls_client_auth_subject_dn=registered)
    assert ask(host, client, over_tls(found)).status_int == 200


@pytest.mark.spec(MTLS, "7.4")
@pytest.mark.parametrize("verified", [None, "NONE", "FAILED:self signed", "GENEROUS"])
def test_a_chain_that_nobody_verified_is_refused(
    host, register_tls_client, own, verified
):
    client = register_tls_client(host, tls_client_auth_san_dns="client.example")
    assert_refused(ask(host, client, over_tls(own, verified)))


@pytest.mark.spec(MTLS, "2")
def test_the_request_names_its_client(host, register_tls_client, own):
    register_tls_client(host, tls_client_auth_san_dns="client.example")
    assert_refused(ask(host, {}, over_tls(own)))
    assert_refused(ask(host, {"client_id": "nobody"}, over_tls(own)))


def test_a_server_without_public_clients_takes_certificates(
    new_mtls_host, register_tls_client, own
):
    host = new_mtls_host(token_endpoint_auth_methods="tls_client_auth")
    client = register_tls_client(host, tls_client_auth_san_dns="client.example")
    assert ask(host, client, over_tls(own)).status_int == 200
    assert_refused(ask(host, client, {}))
    host.update_application(
        client_type="public", token_endpoint_auth_method="none", client_metadata={}
    )
    assert_refused(ask(host, client, over_tls(own)))


def test_a_certificate_does_not_stand_for_another_method(host, client, own):
    assert_refused(ask(host, {"client_id": client["client_id"]}, over_tls(own)))
    assert ask(host, client, over_tls(own)).status_int == 200


def test_a_secret_does_not_stand_for_the_certificate(host, register_tls_client, own):
    client = register_tls_client(host, tls_client_auth_san_dns="client.example")
    answer = ask(host, {**client, "client_secret": "x"}, over_tls(own))
    assert_refused(answer)


@pytest.mark.spec(MTLS, "2.2")
def test_a_self_signed_certificate_has_a_registered_key(
    host, register_tls_client, own, other
):
    method = "self_signed_tls_client_auth"
    client = register_tls_client(host, method, jwks=own.jwks)
    assert ask(host, client, over_tls(own, "FAILED:self signed")).status_int == 200
    assert_refused(ask(host, client, over_tls(other)))
    assert_refused(ask(host, client, {}))


@pytest.mark.spec(MTLS, "2.2")
@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_client_renews_its_certificate_at_its_jwks_uri(
    new_mtls_host, register_tls_client, own, other, client_site
):
    client_site.respond_with(own.jwks)
    host = new_mtls_host(**client_site.settings)
    method = "self_signed_tls_client_auth"
    client = register_tls_client(host, method, jwks_uri=client_site.url)
    assert ask(host, client, over_tls(own)).status_int == 200
    client_site.respond_with(other.jwks)
    assert ask(host, client, over_tls(other)).status_int == 200
    assert_refused(ask(host, client, over_tls(own)))


@pytest.mark.spec(MTLS, "2.1.2")
@pytest.mark.parametrize("case", ["escaped", "bytes"])
def test_the_certificate_may_be_escaped_or_binary(host, register_tls_client, own, case):
    client = register_tls_client(host, tls_client_auth_san_dns="client.example")
    value = {"escaped": own.escaped_pem, "bytes": own.der}[case]
    environ = {"SSL_CLIENT_CERT": value, "SSL_CLIENT_VERIFY": "SUCCESS"}
    assert ask(host, client, environ).status_int == 200


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_the_other_endpoints_take_the_certificate(
    host, register_tls_client, own, endpoint
):
    client = register_tls_client(host, tls_client_auth_san_dns="client.example")
    token = ask(host, client, over_tls(own)).json["access_token"]
    path = f"/oauth/{endpoint}"
    assert_refused(ask(host, client, {}, path, token=token))
    assert ask(host, client, over_tls(own), path, token=token).status_int == 200
