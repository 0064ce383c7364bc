"""Rules about what any authorization server answers to bad requests."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid_oauth.scripts.probe.authorization_request import FOREIGN_URI
from pyramid_oauth.scripts.probe.client import ORIGIN, Answer
from pyramid_oauth.scripts.probe.rules import RuleSet, quote
from pyramid_oauth.scripts.probe.server_observation import ServerObservation
from pyramid_oauth.settings.checks import Severity

RULES: RuleSet[ServerObservation] = RuleSet()

HOST = (
    "Let the proxy pass requests on instead of redirecting them, and set "
    "pyramid_oauth.issuer to the URL that clients use."
)

REPORT = "Look into the log of the server; if it is ours, report it."


@RULES.rule("P701", Severity.ERROR, "RFC 6749 section 5.2", REPORT)
def never_fails(subject: ServerObservation) -> Iterator[str]:
    """Every endpoint answers, and no request leads to a server error."""
    for name, answer in subject.answers.items():
        if answer.failure is not None:
            yield f"the request {name!r} has no answer: {answer.described}"
        elif answer.status >= 500:
            yield f"the request {name!r} is answered with {answer.status}"


@RULES.rule("P702", Severity.ERROR, "RFC 6749 section 3.2", REPORT)
def takes_token_requests_by_post(subject: ServerObservation) -> Iterator[str]:
    """The token endpoint refuses GET."""
    answer = subject.answers.get("token by GET")
    if answer is None or answer.failure is not None:
        return
    document = answer.document or {}
    # Who reads the query finds that the client is unknown.
    if answer.status < 400 or document.get("error") == "invalid_client":
        yield f"the token endpoint answers GET: {answer.described}"


@RULES.rule("P703", Severity.WARNING, "RFC 6749 section 3.2", REPORT)
def refuses_repeated_parameters(subject: ServerObservation) -> Iterator[str]:
    """The token endpoint refuses a parameter that is there twice."""
    answer = subject.answers.get("repeated")
    if answer and 200 <= answer.status < 300:
        yield "a token request with two values of scope is accepted"


@RULES.rule("P704", Severity.WARNING, "RFC 6749 section 5.1", REPORT)
def keeps_answers_out_of_caches(subject: ServerObservation) -> Iterator[str]:
    """Answers of the token endpoint and error pages are not cached."""
    for name in ("token", "unknown client"):
        answer = subject.answers.get(name)
        control = _header(answer, "Cache-Control").lower()
        if _is_refused(answer) and "no-store" not in control:
            yield f"the answer to {name!r} has no Cache-Control: no-store"


@RULES.rule("P705", Severity.ERROR, "RFC 7662 section 2.1", REPORT)
def introspects_for_known_clients(subject: ServerObservation) -> Iterator[str]:
    """Introspection needs authentication."""
    answer = subject.answers.get("introspection")
    if answer and 200 <= answer.status < 300:
        yield "a stranger may introspect tokens"


@RULES.rule("P706", Severity.ERROR, "RFC 6750 section 3", REPORT)
def challenges_without_a_token(subject: ServerObservation) -> Iterator[str]:
    """UserInfo without a token is answered with 401 and a challenge."""
    answer = subject.answers.get("userinfo")
    if answer is None or answer.failure is not None:
        return
    if answer.status != 401:
        yield f"UserInfo without a token: {answer.described}"
    elif not answer.header("WWW-Authenticate"):
        yield "the 401 of UserInfo has no WWW-Authenticate"


@RULES.rule("P707", Severity.ERROR, "RFC 9126 section 2", REPORT)
def takes_pushes_of_known_clients(subject: ServerObservation) -> Iterator[str]:
    """A pushed request of an unknown client is refused."""
    answer = subject.answers.get("push")
    if answer and 200 <= answer.status < 300:
        yield "a stranger may push authorization requests"


@RULES.rule("P708", Severity.ERROR, "RFC 9700 section 4.12; RFC 6749 section 3.2", HOST)
def redirects_no_credentials(subject: ServerObservation) -> Iterator[str]:
    """No endpoint that takes credentials redirects, which could pass them on."""
    for name in ("token", "introspection", "push"):
        answer = subject.answers.get(name)
        if answer and 300 <= answer.status < 400:
            place = quote(answer.header("Location"))
            yield f"the request {name!r} is redirected with {answer.status} to {place}"


@RULES.rule("P711", Severity.ERROR, "RFC 9700 section 4.11", REPORT)
def is_no_open_redirector(subject: ServerObservation) -> Iterator[str]:
    """A request of an unknown client is not redirected to its URI."""
    if _header(subject.answers.get("unknown client"), "Location").startswith(
        FOREIGN_URI
    ):
        yield "an unknown client is redirected to its URI: an open redirector"


@RULES.rule("P712", Severity.WARNING, "RFC 9700 section 4.16", REPORT)
def has_no_framed_pages(subject: ServerObservation) -> Iterator[str]:
    """Error pages cannot be shown in frames, and have a content security policy."""
    answer = subject.answers.get("unknown client")
    if not _is_page(answer):
        return
    policy = _header(answer, "Content-Security-Policy")
    if "frame-ancestors" not in policy and not _header(answer, "X-Frame-Options"):
        yield "error pages may be framed: there is no frame-ancestors"
    if not policy:
        yield "error pages have no Content-Security-Policy"


@RULES.rule("P713", Severity.WARNING, "RFC 9700 section 4.2.4", REPORT)
def tells_no_referrer(subject: ServerObservation) -> Iterator[str]:
    """Error pages have a referrer policy, since their URL has the request."""
    answer = subject.answers.get("unknown client")
    if _is_page(answer) and not _header(answer, "Referrer-Policy"):
        yield "error pages have no Referrer-Policy"


@RULES.rule("P714", Severity.ERROR, "FAPI 2.0 Security Profile section 5.2.3", REPORT)
def lets_no_script_authorize(subject: ServerObservation) -> Iterator[str]:
    """The authorization endpoint is closed to scripts of other origins."""
    # The plain request needs no preflight request.
    for name in ("authorize from a script", "unknown client"):
        answer = subject.answers.get(name)
        if answer and answer.is_readable_by_scripts:
            yield "the authorization endpoint allows other origins by CORS"
            return


@RULES.rule("P715", Severity.ERROR, "Fetch, CORS protocol and credentials", REPORT)
def shares_no_credentials(subject: ServerObservation) -> Iterator[str]:
    """No answer lets any origin use the cookies of a browser."""
    for name, answer in subject.answers.items():
        is_open = answer.header("Access-Control-Allow-Origin") == ORIGIN
        if is_open and answer.header("Access-Control-Allow-Credentials") == "true":
            yield f"the answer to {name!r} allows any origin with credentials"


@RULES.rule("P716", Severity.WARNING, "RFC 6265bis section 8", REPORT)
def has_guarded_cookies(subject: ServerObservation) -> Iterator[str]:
    """Cookies are Secure, HttpOnly and have SameSite."""
    is_https = subject.server.issuer.startswith("https://")
    wanted = ("secure", "httponly", "samesite") if is_https else ("httponly",)
    for name, answer in subject.answers.items():
        for cookie in answer.headers("Set-Cookie"):
            missing = [word for word in wanted if word not in _attributes(cookie)]
            if missing:
                yield f"a cookie of {name!r} lacks {', '.join(missing)}"


@RULES.rule("P721", Severity.ERROR, "RFC 9700 section 2.1", REPORT)
def compares_redirect_uris(subject: ServerObservation) -> Iterator[str]:
    """A redirect URI that only resembles the registered one gets no answer."""
    for uri, answer in subject.tricks.items():
        if answer.header("Location").startswith(uri):
            yield f"an answer is sent to {quote(uri)}"


@RULES.rule(
    "P722",
    Severity.ERROR,
    "RFC 9700 section 2.1.1; RFC 9101 section 10.8",
    "See pyramid_oauth.profile: the answer to a pushed request tells what is accepted.",
)
def refuses_bad_requests(subject: ServerObservation) -> Iterator[str]:
    """A pushed request with plain PKCE, token, alg none or a foreign URI is refused."""
    names = ["plain", "implicit", "unsigned request object"]
    if not _is_confidential(subject):
        names.append("foreign redirect URI")
    for name in names:
        if _is_accepted(subject.answers.get(name)):
            yield f"a pushed request is accepted: {name}"


@RULES.rule(
    "P723",
    Severity.NOTICE,
    "RFC 9126 section 2.1",
    "Name a client that may push. For one that must authenticate give --client-secret, "
    "--client-key or --client-certificate.",
)
def judges_pushed_requests(subject: ServerObservation) -> Iterator[str]:
    """The client of the probe can push, so that bad requests are judged."""
    answer = subject.answers.get("good push")
    if answer and not _is_accepted(answer) and not _is_confidential(subject):
        yield (
            f"the client cannot push ({_refusal(answer)}), so that P627 and P722 say "
            "nothing"
        )


@RULES.rule(
    "P724",
    Severity.ERROR,
    "RFC 9126 section 2.2",
    "The description says what is refused: compare the registration of the client.",
)
def takes_the_request_of_the_client(subject: ServerObservation) -> Iterator[str]:
    """A request without a fault is taken from a client that authenticates."""
    answer = subject.answers.get("good push")
    if answer and not _is_accepted(answer) and _is_confidential(subject):
        yield f"the request of the client is refused: {_refusal(answer)}"


@RULES.rule(
    "P725",
    Severity.NOTICE,
    "RFC 9126 section 2.4",
    "If you did not mean it, leave pyramid_oauth.pushed_redirect_uri_policy unset.",
)
def knows_redirect_uris(subject: ServerObservation) -> Iterator[str]:
    """A client that authenticates may push registered redirect URIs only."""
    answer = subject.answers.get("foreign redirect URI")
    if _is_confidential(subject) and _is_accepted(answer):
        yield "a client that authenticates may push a redirect URI of its own"


def _is_confidential(subject: ServerObservation) -> bool:
    return subject.client is not None and subject.client.is_confidential


def _is_accepted(answer: Answer | None) -> bool:
    return answer is not None and 200 <= answer.status < 300


def _refusal(answer: Answer) -> str:
    """Return error and description of an answer, or what else came."""
    document = answer.document or {}
    if "error" not in document:
        return answer.described
    found = (document.get(name) for name in ("error", "error_description"))
    return " ".join(quote(each) for each in found if each)


def _header(answer: Answer | None, name: str) -> str:
    return answer.header(name) if answer else ""


def _attributes(cookie: str) -> set[str]:
    """Return the names of the attributes of a cookie (RFC 6265 section 5.2)."""
    _, *attributes = cookie.lower().split(";")
    return {text.partition("=")[0].strip() for text in attributes}


def _is_refused(answer: Answer | None) -> bool:
    return answer is not None and 400 <= answer.status < 500


def _is_page(answer: Answer | None) -> bool:
    return _is_refused(answer) and "html" in _header(answer, "Content-Type")
