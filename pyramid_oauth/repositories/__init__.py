"""What the server asks of the database, by noun: statements prepared at start-up.

Parameters that are no columns begin with an underscore: an UPDATE takes one for the new
value of a column of that name, which a host may have.
"""

from __future__ import annotations

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.access_tokens import AccessTokens
from pyramid_oauth.repositories.applications import Applications
from pyramid_oauth.repositories.authorization_requests import AuthorizationRequests
from pyramid_oauth.repositories.consents import Consents
from pyramid_oauth.repositories.grants import Grants
from pyramid_oauth.repositories.initial_access_tokens import InitialAccessTokens
from pyramid_oauth.repositories.outbox import Outbox
from pyramid_oauth.repositories.rate_limits import Throttles
from pyramid_oauth.repositories.redemption import Redemption
from pyramid_oauth.repositories.refresh_tokens import RefreshTokens
from pyramid_oauth.repositories.replay_cache import UsedAssertions
from pyramid_oauth.repositories.sessions import Sessions


class Repositories:
    """The shelves of one bundle of models."""

    def __init__(self, models: Models, accounts: Accounts, cache_size: int) -> None:
        self.applications = Applications(models, cache_size)
        self.grants = Grants(models, accounts)
        self.access_tokens = AccessTokens(models, accounts)
        self.refresh_tokens = RefreshTokens(models, accounts)
        self.consumption = Redemption(
            models, self.grants, self.access_tokens, self.refresh_tokens
        )
        self.consents = Consents(models, accounts)
        self.authorization_requests = AuthorizationRequests(models)
        self.used_assertions = UsedAssertions(models)
        self.outbox = Outbox(models)
        self.sessions = Sessions(models)
        self.throttles = Throttles(models)
        self.initial_access_tokens = InitialAccessTokens(models)
