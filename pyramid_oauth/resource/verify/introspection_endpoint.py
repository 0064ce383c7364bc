"""The introspection endpoint of an issuer, as its client sees it (RFC 7662)."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pyramid_oauth.fetch import Connections, FetchError, Reason
from pyramid_oauth.resource.verify.breaker import Breaker
from pyramid_oauth.resource.verify.client_credentials import (
    ClientCredentials,
    TLSCertificate,
)
from pyramid_oauth.resource.verify.errors import VerifierUnavailable
from pyramid_oauth.resource.verify.introspection_answers import AnswerFormat, Documents
from pyramid_oauth.resource.verify.issuer import IssuerDocuments, check_issuer, origin

log = logging.getLogger(__name__)

_OUTAGE_STATUS = frozenset((429, 502, 503, 504))

_OUTAGES = frozenset(
    (
        Reason.BUSY,
        Reason.CONNECT,
        Reason.PROTOCOL,
        Reason.TIMEOUT,
        Reason.TLS,
        Reason.UNRESOLVED,
    )
)


def is_outage(error: FetchError) -> bool:
    """Whether the server failed, and not only for the token that was sent.

    A caller could otherwise stop an API by tokens that the server answers with errors.
    """
    return error.reason in _OUTAGES or error.status in _OUTAGE_STATUS


class IntrospectionEndpoint:
    """Sends a token to the endpoint and returns the answer. Thread-safe.

    The arguments are those of `Introspection`; `answers` makes their format.

    Raises:
        ValueError: There is neither an issuer nor an endpoint, or it is no URL.
    """

    def __init__(
        self,
        credentials: ClientCredentials,
        issuer: str | None,
        endpoint: str | None,
        *,
        answers: Callable[[Documents], AnswerFormat],
        timeout: float,
        max_connections: int,
        allow_http: bool,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        documents = partial(
            IssuerDocuments,
            timeout=timeout,
            allow_http=allow_http,
            ssl_context=ssl_context,
        )
        self._credentials, self._answers = credentials, answers(documents)
        self._breaker = Breaker()
        self._connections: Connections | None = None
        self._open: Callable[..., Connections] = partial(
            Connections,
            timeout=timeout,
            max_connections=max_connections,
            ssl_context=ssl_context,
        )
        if endpoint is not None:
            self._connections = self._named(endpoint, allow_http=allow_http)
        elif issuer is not None:
            self._documents = documents(issuer)
        else:
            raise ValueError("introspection needs an issuer or an endpoint")

    def ask(self, token: str) -> Mapping[str, Any]:
        """Return the members of the answer.

        Raises:
            VerifierUnavailable: There is no answer, or none as specified.
        """
        self._breaker.check()
        try:
            headers, fields = self._credentials.authenticate()
            form = {"token": token, "token_type_hint": "access_token", **fields}
            accept = {"Accept": self._answers.accept}
            body = self._connect().post_form(form, {**accept, **headers})
        except FetchError as error:
            if is_outage(error):
                self._breaker.failed()
            raise _unavailable(error) from error
        self._breaker.succeeded()
        return self._answers.read(body)

    def _named(self, url: str, *, allow_http: bool) -> Connections:
        check_issuer(url.partition("?")[0], allow_http=allow_http)
        try:
            return self._open(url, allow_http=url.startswith("http://"))
        except FetchError as error:
            raise ValueError(f"{url!r:.200} is no endpoint: {error.reason}") from error

    def _connect(self) -> Connections:
        """Return the connections to the endpoint, which the first request finds."""
        if self._connections is None:
            url = self._discover()
            self._connections = self._open(url, allow_http=url.startswith("http://"))
        return self._connections

    def _discover(self) -> str:
        # The token and our credentials go there: not to whatever host a document names.
        by_certificate = isinstance(self._credentials, TLSCertificate)
        url = self._documents.endpoint(
            "introspection_endpoint", is_alias=by_certificate
        )
        if origin(url) != origin(self._documents.issuer):
            raise VerifierUnavailable(
                f"the introspection endpoint {url!r:.200} is on another origin than "
                "the issuer; name it yourself"
            )
        return url


def _unavailable(error: FetchError) -> VerifierUnavailable:
    if error.status in (400, 401, 403):
        log.error(
            "introspection at %s refuses the request of this API: status %s",
            error.url,
            error.status,
        )
    detail = f"{error.reason} {error.status or ''}".strip()
    return VerifierUnavailable(f"introspection at {error.url} failed: {detail}")
