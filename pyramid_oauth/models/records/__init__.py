"""What the server asks of the database, by noun: statements prepared at start-up.

Parameters that are no columns begin with an underscore: an UPDATE takes one for the new
value of a column of that name, which a host may have.
"""

from __future__ import annotations

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.models.chosen import Models
from pyramid_oauth.models.records.access_tokens import AccessTokens
from pyramid_oauth.models.records.applications import Applications
from pyramid_oauth.models.records.authorization_requests import AuthorizationRequests
from pyramid_oauth.models.records.consents import Consents
from pyramid_oauth.models.records.consumption import Consumption
from pyramid_oauth.models.records.grants import Grants
from pyramid_oauth.models.records.initial_access_tokens import InitialAccessTokens
from pyramid_oauth.models.records.outbox import Outbox
from pyramid_oauth.models.records.refresh_tokens import RefreshTokens
from pyramid_oauth.models.records.sessions import Sessions
from pyramid_oauth.models.records.throttles import Throttles
from pyramid_oauth.models.records.used_assertions import UsedAssertions


class Records:
    """The shelves of one bundle of models."""

    def __init__(self, models: Models, accounts: Accounts, cache_size: int) -> None:
        self.applications = Applications(models, cache_size)
        self.grants = Grants(models, accounts)
        self.access_tokens = AccessTokens(models, accounts)
        self.refresh_tokens = RefreshTokens(models, accounts)
        self.consumption = Consumption(
            models, self.grants, self.access_tokens, self.refresh_tokens
        )
        self.consents = Consents(models, accounts)
        self.authorization_requests = AuthorizationRequests(models)
        self.used_assertions = UsedAssertions(models)
        self.outbox = Outbox(models)
        self.sessions = Sessions(models)
        self.throttles = Throttles(models)
        self.initial_access_tokens = InitialAccessTokens(models)
