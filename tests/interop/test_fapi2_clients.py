"""Clients of others with everything that FAPI 2.0 asks of them, over HTTPS."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.interop.ready_made import HERE, needed
from tests.oidf.fapi2_suite import FapiSuite
from tests.oidf.fapi2_variants import Variant
from tests.oidf.fixtures import start_fapi2_provider, write_fapi2_files
from tests.oidf.suite import ALIAS

# openid-client takes the redirect URI of the token request from the URL at which the
# browser arrives, without any query, so it cannot be the second client.
PROGRAMS = {
    "openid-client": (HERE / "openid_client/fapi2.mjs", "client"),
    "oauth4webapi": (HERE / "node_clients/fapi2.mjs", "client2"),
}
UNSIGNED = "fapi2-private_key_jwt-dpop-openid_connect"
SIGNED = "fapi2-signing-private_key_jwt-dpop-openid_connect"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.3"),
]


@pytest.fixture(scope="module", params=["false", "true"], ids=["plain", "nonces"])
def fapi2_setup(request, tmp_path_factory, authority, ca_file, listener):
    """A server that asks for DPoP nonces, or does not, and the files of its plans."""
    provider = start_fapi2_provider(
        tmp_path_factory.mktemp("fapi2"), authority, ca_file, dpop_nonces=request.param
    )
    yield write_fapi2_files(provider, listener, tmp_path_factory.mktemp("files"))
    provider.stop()


class Site:
    """A program that sends a browser away and waits until it comes back."""

    def __init__(self, program, ca_file, options):
        self.process = subprocess.Popen(
            [needed("node", "Node.js"), str(program)],
            env={
                **os.environ,
                "NODE_EXTRA_CA_CERTS": ca_file,
                "OPTIONS": json.dumps(options),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read(self):
        line = self.process.stdout.readline().strip()
        assert line, self.process.stderr.read()
        return line

    def send(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.kill()
        self.process.communicate()


@pytest.mark.spec("RFC 9126", "2")
@pytest.mark.spec("RFC 9449", "8")
@pytest.mark.spec("RFC 9101", "4")
@pytest.mark.spec("JARM", "2.4")
@pytest.mark.parametrize(
    ("file", "is_jarm"),
    [(UNSIGNED, False), (UNSIGNED, True), (SIGNED, False), (SIGNED, True)],
    ids=["plain", "jarm", "jar", "jar-jarm"],
)
@pytest.mark.parametrize("library", PROGRAMS)
def test_a_client_completes_every_step(
    fapi2_setup, ca_file, listener, library, file, is_jarm
):
    program, client = PROGRAMS[library]
    needed(program.parent / "node_modules", library)
    variant = Variant(file, is_jarm)
    result = log_in(program, variant, client, fapi2_setup, ca_file, listener)
    assert result == {**EXPECTED, "token_type": "dpop", "response": is_jarm}


@pytest.mark.spec("RFC 8705", "2.1")
@pytest.mark.spec("RFC 8705", "3")
@pytest.mark.parametrize(
    ("file", "is_jarm"),
    [
        ("fapi2-private_key_jwt-mtls-openid_connect", False),
        ("fapi2-mtls-mtls-openid_connect", False),
        ("fapi2-signing-mtls-mtls-openid_connect", True),
    ],
    ids=["private_key_jwt", "tls_client_auth", "jar-jarm"],
)
def test_openid_client_completes_every_step_with_a_certificate(
    fapi2_setup, ca_file, listener, file, is_jarm
):
    program, client = PROGRAMS["openid-client"]
    needed(program.parent / "node_modules/undici", "undici")
    variant = Variant(file, is_jarm)
    result = log_in(program, variant, client, fapi2_setup, ca_file, listener)
    assert result == {**EXPECTED, "token_type": "bearer", "response": is_jarm}


EXPECTED = {
    "pushed": ["client_id", "request_uri"],
    "same_user": True,
    "calls": [200, 200, 200],
    "bound_to": True,
    "revoked": True,
}


def log_in(program, variant, client, configurations, ca_file, listener):
    """What the program prints after all its steps."""
    callbacks = f"{listener.origin}/test/a/{ALIAS}/"
    run = FapiSuite(variant, configurations[variant.file], ca_file, callbacks)
    (key,) = run.configuration[client]["jwks"]["keys"]
    certificate = run.configuration.get("mtls", {})
    options = {
        "issuer": run.issuer,
        "client_id": run.id(client),
        "key": {**key, "key_ops": ["sign"]},
        "certificate": {name: certificate[name] for name in ("cert", "key")}
        if certificate
        else None,
        "by_certificate": variant.authenticates_by_certificate,
        "redirect_uri": run.redirect_uri(client),
        "scope": "openid read",
        "resource": run.resource,
        "signed": variant.is_signed,
        "jarm": variant.is_jarm,
    }
    site = Site(program, ca_file, options)
    try:
        run.browser.run(run.configuration["browser"], site.read())
        site.send(run.browser.page.url)
        return json.loads(site.read())
    finally:
        site.stop()
