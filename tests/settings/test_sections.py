"""Settings sections of a host (`config.add_oauth_settings`)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pyramid.config import Configurator
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.settings import SETTINGS, Section, setting
from pyramid_oauth.settings import converters as to
from tests.support.secret import SECRET

SAFE = {
    "pyramid_oauth.issuer": "https://login.example.org/oauth",
    "pyramid_oauth.secret": SECRET,
}


@dataclass(frozen=True, kw_only=True)
class ParcelSettings(Section):
    """Settings of a host."""

    parcels: bool = setting(to.boolean, True, "Whether parcels travel.")
    parcel_lifetime: int = setting(to.seconds, 60, "Seconds until a parcel is lost.")
    parcel_stamp: bytes = setting(to.secret, b"", "Proves them.", secret=True)


@dataclass(frozen=True, kw_only=True)
class ConflictingSettings(Section):
    """A section that repeats a name of another section."""

    parcels: bool = setting(to.boolean, False, "Whether parcels are stolen.")


def configure_host(include: str = "pyramid_oauth", **settings: str) -> Configurator:
    prefixed = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
    config = Configurator(settings=SAFE | prefixed)
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include(include)
    return config


@pytest.mark.parametrize("include", ["pyramid_oauth", "pyramid_oauth.resource"])
def test_a_section_is_parsed_when_added(include: str) -> None:
    config = configure_host(include, parcels="off", parcel_lifetime="2m")

    parcels = config.add_oauth_settings(ParcelSettings)

    assert (parcels.parcels, parcels.parcel_lifetime) == (False, 120)
    assert config.registry[SETTINGS][ParcelSettings] is parcels
    assert config.registry[SETTINGS].issuer == "https://login.example.org/oauth"


def test_a_section_may_be_a_dotted_name_and_added_twice() -> None:
    config = configure_host()
    name = "pyramid_oauth.settings.server.ServerSettings"

    assert config.add_oauth_settings(name).issuer == SAFE["pyramid_oauth.issuer"]
    first = config.add_oauth_settings(ParcelSettings)
    assert config.add_oauth_settings(ParcelSettings) is first
    config.commit()


def test_a_malformed_value_stops_the_start_where_the_section_is_added() -> None:
    config = configure_host(parcel_lifetime="soon")

    with pytest.raises(ConfigurationError, match=r"pyramid_oauth\.parcel_lifetime: "):
        config.add_oauth_settings(ParcelSettings)


def test_a_name_unknown_to_all_sections_is_refused() -> None:
    config = configure_host(parcel_lifetme="1m", isuer="https://other.example")
    config.add_oauth_settings(ParcelSettings)

    with pytest.raises(ConfigurationError) as refused:
        config.commit()

    assert "did you mean pyramid_oauth.parcel_lifetime?" in str(refused.value)
    assert "did you mean pyramid_oauth.issuer?" in str(refused.value)


def test_a_name_of_a_section_that_was_not_added_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown setting \S+\.parcels"):
        configure_host(parcels="on").commit()


def test_a_name_in_two_sections_is_refused() -> None:
    config = configure_host()
    config.add_oauth_settings(ParcelSettings)

    with pytest.raises(ConfigurationError, match=r"pyramid_oauth\.parcels"):
        config.add_oauth_settings(ConflictingSettings)


def test_an_introspectable_lists_every_setting_without_secrets() -> None:
    config = configure_host(parcel_stamp=SECRET)
    config.add_oauth_settings(ParcelSettings)
    config.commit()

    introspection = {
        item["introspectable"].title: item["introspectable"]["value"]
        for item in config.introspector.get_category("oauth settings")
    }
    assert introspection["pyramid_oauth.parcel_lifetime"] == 60
    assert SECRET not in str(introspection)
