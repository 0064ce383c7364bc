"""Resources cost no statement."""

from __future__ import annotations

from tests.support.host import obtain_tokens, refresh_tokens, request_client_token
from tests.support.resources import ALL, CALENDAR, SCOPES


def count_statements(host, **resource):
    client = host.register_client()
    statements = host.record_statements()
    tokens = obtain_tokens(host, client, scope=ALL, **resource)
    again = obtain_tokens(host, client, scope=ALL, **resource)
    refresh_tokens(host, client, tokens["refresh_token"], **resource)
    request_client_token(host, client, scope="read", **resource)
    assert again["access_token"]
    return len(statements)


def test_resources_cost_no_statement(new_host, new_resource_host):
    without = count_statements(new_host(scopes=SCOPES))
    host = new_resource_host()
    with host.engine.begin() as connection:
        for table in reversed(host.models.metadata.sorted_tables):
            connection.execute(table.delete())
    assert count_statements(host, resource=CALENDAR) == without
