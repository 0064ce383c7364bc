"""The variants of the FAPI 2.0 plans, and which of them a module is run with."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Variant:
    """A configuration file, and what a plan chooses beside it."""

    file: str
    is_jarm: bool = False
    is_rar: bool = False

    def __str__(self):
        modes = [("jarm", self.is_jarm), ("rar", self.is_rar)]
        return "-".join([self.file, *(name for name, chosen in modes if chosen)])

    @property
    def is_openid(self):
        return self.file.endswith("openid_connect")

    @property
    def is_signed(self):
        return self.file.startswith("fapi2-signing")

    @property
    def authenticates_by_certificate(self):
        return self.file.split("-")[-3] == "mtls"

    @property
    def is_dpop(self):
        return self.file.split("-")[-2] == "dpop"

    @property
    def uses_certificates(self):
        return self.authenticates_by_certificate or not self.is_dpop


DPOP = Variant("fapi2-private_key_jwt-dpop-openid_connect")
DPOP_PLAIN = Variant("fapi2-private_key_jwt-dpop-plain_oauth")
BOUND = Variant("fapi2-private_key_jwt-mtls-openid_connect")
MTLS_DPOP = Variant("fapi2-mtls-dpop-openid_connect")
MTLS = Variant("fapi2-mtls-mtls-openid_connect")
SIGNED = Variant("fapi2-signing-private_key_jwt-dpop-openid_connect")
SIGNED_MTLS = Variant("fapi2-signing-mtls-mtls-openid_connect", is_jarm=True)
SIGNED_JARM = Variant(SIGNED.file, is_jarm=True)

SECURITY_PROFILE = (DPOP, BOUND, MTLS_DPOP, MTLS)
"""The Security Profile: each way to authenticate and to bind tokens."""

FLOWS = (
    *SECURITY_PROFILE,
    DPOP_PLAIN,
    Variant("fapi2-mtls-mtls-plain_oauth"),
    Variant(DPOP_PLAIN.file, is_rar=True),
    Variant(BOUND.file, is_rar=True),
    Variant(DPOP.file, is_jarm=True),
    SIGNED,
    SIGNED_JARM,
    SIGNED_MTLS,
    Variant("fapi2-signing-private_key_jwt-dpop-plain_oauth", is_jarm=True),
    Variant("fapi2-signing-mtls-dpop-plain_oauth", is_jarm=True, is_rar=True),
)
"""For modules that are about the whole flow: requests and responses of each kind."""


def run_with(*variants):
    """Run a test with each variant."""
    return pytest.mark.parametrize("variant", variants, ids=str)


each_flow = run_with(*FLOWS)
each_binding = run_with(*SECURITY_PROFILE)
each_request = run_with(*SECURITY_PROFILE, SIGNED_JARM)
each_assertion = run_with(DPOP, BOUND)
each_proof = run_with(DPOP_PLAIN, MTLS_DPOP)
each_signature = run_with(SIGNED, SIGNED_MTLS)


PREFIX = "fapi2-security-profile-final-"
"""Of the names of the modules, in both plans."""
