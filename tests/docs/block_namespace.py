"""What the reader of a Python block of the documentation already has."""

from __future__ import annotations

import sys
from datetime import timedelta
from inspect import signature
from types import ModuleType, SimpleNamespace
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.view import view_config
from sqlalchemy import create_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    mapped_column,
)

from docs.examples import tenants
from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.config.registry import COLLECTED
from pyramid_oauth.facade import Facade
from pyramid_oauth.keystore.sources import raw_signature
from pyramid_oauth.models import AbstractApplication
from tests.support.documented import example
from tests.support.secret import SECRET

SETTINGS = {
    "pyramid_oauth.issuer": "https://as.example/oauth",
    "pyramid_oauth.prefix": "/oauth",
    "pyramid_oauth.secret": SECRET,
    "pyramid_oauth.scopes": "read\nwrite\nteam",
    "pyramid_oauth.default_scopes": "read",
    "pyramid_oauth.openid": "true",
}


INCLUDED_EXTENSIONS = {
    "resource_indicators": "pyramid_oauth.extensions.resource_indicators",
    "rich_authorization": "pyramid_oauth.extensions.rich_authorization",
}
"""For each page, the extension that its first block includes."""


def build_configurator(
    settings: dict[str, str] | None = None, *, is_bare: bool = False
) -> Any:
    """A Configurator to which a block adds something, and that is committed then."""
    block_settings = SETTINGS | (settings or {})
    if "openid" not in block_settings.get("pyramid_oauth.extensions", "openid"):
        del block_settings["pyramid_oauth.openid"]
    config = Configurator(settings=block_settings)
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    if not is_bare:
        config.include("pyramid_oauth")
    return config


class CheckedFacade:
    """`request.oauth`: each call must fit the signature of the real method."""

    def __getattr__(self, name: str) -> Any:
        extension_methods = find_configured_methods()
        method = (
            extension_methods[name]
            if name in extension_methods
            else getattr(Facade, name)
        )

        def check(*arguments: object, **keywords: object) -> SimpleNamespace:
            signature(method).bind(None, *arguments, **keywords)
            return SimpleNamespace()

        return check


def find_configured_methods() -> dict[str, Any]:
    """The methods of `request.oauth` that extensions add."""
    config = build_configurator()
    config.commit()
    methods: dict[str, Any] = config.registry[COLLECTED].request_methods
    return methods


def build_namespace(page: str) -> dict[str, Any]:
    """The names that a block of the page `page` may use."""
    bases: dict[str, Any] = {
        "Base": type("Base", (DeclarativeBase,), {}),
        "DeclarativeBase": DeclarativeBase,
        "MappedAsDataclass": MappedAsDataclass,
        "AbstractApplication": AbstractApplication,
        "Mapped": Mapped,
        "mapped_column": mapped_column,
    }
    user = SimpleNamespace(id="alice")
    config = build_configurator(is_bare=page == "README")
    if page in INCLUDED_EXTENSIONS:
        config.include(INCLUDED_EXTENSIONS[page])
    return {
        **bases,
        "Account": Account,
        "Accounts": Accounts,
        "DeviceCodeValidation": type("DeviceCodeValidation", (), {}),
        "VoucherGrant": tenants.VoucherGrant,
        "config": config,
        "create_engine": create_engine,
        "ended": [SimpleNamespace(id="1")],
        "raw_signature": raw_signature,
        "request": SimpleNamespace(oauth=CheckedFacade(), params={"next": "/"}),
        "check_password": lambda request: user,
        "timedelta": timedelta,
        "url": "postgresql+psycopg://127.0.0.1/oauth",
        "user": user,
        "view_config": view_config,
        "__name__": f"docs_{page}",
    }


def build_host_modules() -> dict[str, ModuleType]:
    """The modules of a host that settings and blocks of the pages name."""
    swapping = example("swapping")
    policy = ModuleType("yourapp.oauth")
    vars(policy)["below_its_site"] = lambda request, application, uri: True
    vars(policy)["find_tenant"] = lambda request, identifier: None
    directives = ModuleType("shop.oauth")
    vars(directives)["includeme"] = lambda config: None
    modules = {
        "myapp.models": swapping,
        "shop.oauth": directives,
        "shop.tenants": sys.modules[tenants.__name__],
        "yourapp.oauth": policy,
    }
    for name, module in list(modules.items()):
        package, _, module_name = name.partition(".")
        vars(modules.setdefault(package, ModuleType(package)))[module_name] = module
    return modules
