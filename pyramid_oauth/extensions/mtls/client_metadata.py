"""Client metadata of mutual TLS (RFC 8705 sections 2.1.2, 2.2.2 and 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from pyramid_oauth.extensions.mtls.methods import SelfSignedTLSClientAuth, TLSClientAuth
from pyramid_oauth.extensions.mtls.subjects import SUBJECTS, parse_name
from pyramid_oauth.i18n import Problem, _
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import (
    BOX,
    LONGEST_URL,
    Errors,
    Field,
    MemberInput,
    Shape,
    add_error,
    boolean,
    text,
)
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.resource.mtls import CERTIFICATE_BOUND

_READ_BY = "client authentication by certificate"

_TEXT = text(LONGEST_URL)


def _parsed(parse: Callable[[str], object], problem: Problem) -> Shape:
    """Return the shape of text that a function accepts."""

    def shape(value: object, rules: Rules) -> str | None:
        unfit = _TEXT(value, rules)
        if unfit or not isinstance(value, str):
            return unfit
        try:
            parse(value)
        except ValueError:
            return problem
        return None

    return shape


_SHAPES = {
    "tls_client_auth_subject_dn": _parsed(
        parse_name, Problem("is not a distinguished name of RFC 4514")
    ),
    "tls_client_auth_san_ip": _parsed(ip_address, Problem("is not an IP address")),
}

_INPUTS = {
    "tls_client_auth_subject_dn": MemberInput(
        label=_("Subject of its certificate"),
        hint=_("For tls_client_auth, exactly one of these. Such as CN=shop,O=Example."),
    ),
    "tls_client_auth_san_dns": MemberInput(
        label=_("DNS name in its certificate"), hint=_("Such as client.example.")
    ),
    "tls_client_auth_san_uri": MemberInput(
        label=_("URI in its certificate"), hint=_("Such as https://client.example/id.")
    ),
    "tls_client_auth_san_ip": MemberInput(
        label=_("IP address in its certificate"), hint=_("Such as 192.0.2.7.")
    ),
    "tls_client_auth_san_email": MemberInput(
        label=_("E-mail address in its certificate"),
        hint=_("Such as client@client.example."),
    ),
}

FIELDS = (
    *(
        Field(
            name=name,
            shape=_SHAPES.get(name, _TEXT),
            read_by=_READ_BY,
            input=_INPUTS[name],
        )
        for name in SUBJECTS
    ),
    Field(
        name=CERTIFICATE_BOUND,
        shape=boolean,
        is_protection=True,
        read_by="the token endpoint",
        input=MemberInput(
            kind=BOX,
            label=_("Its tokens are bound to its certificate (mutual TLS)"),
            hint=_("A token request without a certificate is refused."),
        ),
    ),
)


def validate_certificates(
    application: AbstractApplication, rules: Rules, errors: Errors
) -> None:
    """Require exactly one subject, or the keys of self-signed certificates."""
    method = application.token_endpoint_auth_method
    if method == TLSClientAuth.name:
        named = [name for name in SUBJECTS if application.declared(name) is not None]
        if len(named) != 1:
            add_error(
                errors,
                "token_endpoint_auth_method",
                Problem(
                    "requires exactly one of ${names}",
                    names=", ".join(sorted(SUBJECTS)),
                ),
            )
    elif method == SelfSignedTLSClientAuth.name:
        declared = application.declared("jwks"), application.declared("jwks_uri")
        if not any(declared):
            add_error(
                errors,
                "token_endpoint_auth_method",
                Problem("requires jwks or jwks_uri"),
            )
