"""Repositories: the SQL statements on each model, prepared at start-up.

Parameters that are no columns begin with an underscore: an UPDATE takes one for the new
value of a column of that name, which a host may have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.access_tokens import AccessTokens
from pyramid_oauth.repositories.applications import Applications
from pyramid_oauth.repositories.authorization_requests import AuthorizationRequests
from pyramid_oauth.repositories.authorizations import Authorizations
from pyramid_oauth.repositories.consents import Consents
from pyramid_oauth.repositories.grants import Grants
from pyramid_oauth.repositories.redemption import Redemption
from pyramid_oauth.repositories.refresh_tokens import RefreshTokens

RepositoryFactory = Callable[[Models, Accounts], Any]


class Repositories:
    """The repositories of one bundle of models, each an attribute.

    Beside the kernel's are those that ``config.add_oauth_repository`` added.
    """

    def __init__(
        self,
        models: Models,
        accounts: Accounts,
        cache_size: int,
        factories: Mapping[str, RepositoryFactory] = MappingProxyType({}),
    ) -> None:
        self.applications = Applications(models, cache_size)
        self.grants = Grants(models, accounts)
        self.access_tokens = AccessTokens(models, accounts)
        self.refresh_tokens = RefreshTokens(models, accounts)
        self.redemption = Redemption(models, self.access_tokens, self.refresh_tokens)
        self.consents = Consents(models, accounts)
        self.authorizations = Authorizations(models, accounts)
        self.authorization_requests = AuthorizationRequests(models)
        for name, factory in factories.items():
            setattr(self, name, factory(models, accounts))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of an extension
        raise AttributeError(f"there is no repository {name}")
