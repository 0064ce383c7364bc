"""Statement budgets of the main requests."""

from __future__ import annotations

from tests.support.host import (
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)


def test_the_statements_stay_within_budget(host, client, browser):
    """Data statements per request with the client cached; BEGIN and COMMIT aside."""
    obtain_tokens(host, client)
    statements_ = host.record_statements()
    # On PostgreSQL one statement consumes a credential and stores the tokens.
    in_one_statement = host.engine.dialect.name == "postgresql"

    def cost(action):
        statements_.clear()
        result = action()
        return len(
            [
                statement
                for statement in statements_
                if not statement.startswith("SAVEPOINT")
            ]
        ), result

    browser.get("/oauth/.well-known/oauth-authorization-server")
    assert statements_ == []
    count, answer = cost(
        lambda: browser.get("/oauth/authorize", build_authorization_request())
    )
    assert count <= 3, statements_
    form = build_code_exchange(parse_redirect(answer)["code"], client)
    count, answer = cost(lambda: browser.post("/oauth/token", form))
    assert count == (2 if in_one_statement else 4), statements_
    tokens = answer.json
    assert cost(lambda: call_api(host, tokens["access_token"])) == (1, 200)
    assert cost(lambda: request_client_token(host, client))[0] == 1
    form = {"token": tokens["access_token"], **client}
    assert cost(lambda: browser.post("/oauth/introspect", form))[0] == 1
    count, answer = cost(lambda: refresh_tokens(host, client, tokens["refresh_token"]))
    assert (count, answer.status_int) == (2 if in_one_statement else 3, 200)


def test_a_decision_on_the_consent_page_reads_the_consent_once(host, client, browser):
    """Statements of a request that needs consent, of its page and of the decision."""
    obtain_tokens(host, client)
    statements = host.record_statements()
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(approval_prompt="force")
    )
    assert len(statements) == 2, statements
    statements.clear()
    page = answer.follow()
    assert len(statements) == 2, statements
    statements.clear()
    answer = page.forms["oauth-consent"].submit("decision", value="allow")
    assert "code" in parse_redirect(answer)
    data = [
        statement for statement in statements if not statement.startswith("SAVEPOINT")
    ]
    reads = [statement for statement in data if statement.startswith("SELECT")]
    # The stored request and the consent; the request, the consent and the grant.
    assert (len(reads), len(data)) == (2, 5), statements
