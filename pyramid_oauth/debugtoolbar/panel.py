"""The panel: details of the OAuth processing of a request, without credentials.

No specification. The panel shows the values of a fixed list of parameters, and only the
names of all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from pyramid.authentication import extract_http_basic_credentials
from pyramid.response import Response
from pyramid_debugtoolbar.panels import DebugPanel

from pyramid_oauth.debugtoolbar.trace import Trace, traced
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.authentication import outcomes
from pyramid_oauth.resource.outcome import Outcome
from pyramid_oauth.tree import AuthorizationServer, Node

SHOWN = frozenset(
    {
        *("grant_type", "response_type", "response_mode", "client_id", "redirect_uri"),
        *("scope", "resource", "audience", "prompt", "max_age", "acr_values"),
        *("ui_locales", "display", "code_challenge_method", "token_type_hint"),
        *("client_assertion_type", "requested_token_type", "subject_token_type"),
        *("decision", "error"),
    }
)
"""The parameters of which the panel shows the value; all others may be credentials."""

ISSUED = ("access_token", "refresh_token", "id_token", "code", "device_code")
"""Members of a response that are named as issued; their values are not shown."""

_FORM = "application/x-www-form-urlencoded"

Rows = list[tuple[str, str]]


class OAuthPanel(DebugPanel):  # type: ignore[misc]
    """Endpoint, client, decision, token and refusal of a request."""

    name = "oauth"
    title = nav_title = "OAuth"
    template = "pyramid_oauth.debugtoolbar:templates/oauth.dbtmako"
    # The toolbar keeps panels after their request: they hold texts only.
    has_content = False
    nav_subtitle = ""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._trace = Trace()

    def wrap_handler(self, handler: Any) -> Any:  # noqa: ANN401 - of the toolbar
        """Record what happens while the application handles the request."""
        return traced(handler, self._trace)

    def process_response(self, response: Response) -> None:
        """Keep what the panel shows; forget the request."""
        request, trace = self._request, self._trace
        del self._request
        endpoint = _endpoint(request)
        sent = _sent_parameters(request) if endpoint is not None else []
        answer = _answer(response)
        tokens = [_token_rows(outcome) for outcome in outcomes(request)]
        self.has_content = bool(endpoint is not None or tokens or trace.records)
        self.nav_subtitle = answer.get("error") or endpoint or ""
        self.data = {
            "summary": [
                *_summary(request, endpoint, sent),
                *_outcome(response, answer),
            ],
            "parameters": sent,
            "steps": trace.steps,
            "tokens": tokens,
            "records": trace.records,
            "events": trace.events,
        }


def _endpoint(request: Request) -> str | None:
    """Return the name of the endpoint; None outside of the tree."""
    node = getattr(request, "context", None)
    if not isinstance(node, Node):
        return None
    # Never the name of a child: the name of a pending request is its secret handle.
    name = "server"
    while isinstance(node, Node) and not isinstance(node, AuthorizationServer):
        name = node.__name__ or name
        node = node.__parent__
    return name


def _sent_parameters(request: Request) -> Rows:
    """Return name and value of the parameters; a value that may be secret is hidden."""
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    if request.content_type == _FORM:
        text = request.body.decode("utf-8", "replace")
        pairs += parse_qsl(text, keep_blank_values=True)
    return [
        (name, value if name in SHOWN else f"({len(value)} characters)")
        for name, value in pairs
    ]


def _summary(request: Request, endpoint: str | None, sent: Rows) -> Iterator[Any]:
    given = dict(sent)
    if endpoint is not None:
        yield "Endpoint", endpoint
    if "grant_type" in given:
        yield "Grant", given["grant_type"]
    basic = extract_http_basic_credentials(request)
    client = given.get("client_id") or (basic and unquote_plus(basic.username))
    if client:
        yield "Client", client
    if "decision" in given:
        yield "Decision", given["decision"]
    queries = getattr(request, "pdtb_sqla_queries", None)
    yield "SQL statements", _count(queries)


def _count(queries: list[dict[str, Any]] | None) -> str:
    """Return the number of data statements that the toolbar's own panel has seen."""
    if queries is None:
        return "not counted: the panel SQLAlchemy is off"
    events = sum(each["statement"].startswith("-- [event]") for each in queries)
    return str(len(queries) - events)


def _answer(response: Response) -> Mapping[str, Any]:
    """Return the members of a JSON response, or of the redirect to a client."""
    if response.content_type == "application/json":
        try:
            found = json.loads(response.body)
        except ValueError:
            found = None
        return found if isinstance(found, dict) else {}
    parts = urlsplit(response.location or "")
    return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))


def _outcome(response: Response, answer: Mapping[str, Any]) -> Iterator[Any]:
    yield "Status", str(response.status_int)
    if "error" in answer:
        yield "Refused", str(answer["error"])
        if answer.get("error_description"):
            yield "Description", str(answer["error_description"])
    issued = [name for name in ISSUED if answer.get(name)]
    if issued:
        yield "Issued", ", ".join(issued)
    challenge = response.headers.get("WWW-Authenticate")
    if challenge:
        yield "Challenge", challenge


def _token_rows(outcome: Outcome) -> Rows:
    """Return what is known of an access token, without the token."""
    rows: Rows = [("Sent in", outcome.place or "")]
    identity = outcome.identity
    if identity is None:
        rows += [("Refused", outcome.error or ""), ("Reason", outcome.reason)]
        return rows
    expires = identity.expires_at
    return [
        *rows,
        ("Client", identity.client_id),
        ("User", identity.user_id or "none: the client acts for itself"),
        ("Scopes", identity.scope or "none"),
        ("Audience", " ".join(identity.audience) or "none"),
        ("Type", identity.token_type),
        ("Expires", expires.isoformat() if expires else "never"),
        ("Bound", ", ".join(identity.confirmation) or "no"),
    ]
