"""The site that our pages belong to: its name, logo, start page and stylesheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyramid.registry import Registry as PyramidRegistry
from pyramid.request import Request as PyramidRequest

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.pages import theme
from pyramid_oauth.pages.settings import PagesSettings
from pyramid_oauth.settings.check_builders import fatal

SITE = "pyramid_oauth.site"
"""The key of the Site in the registry."""

SHOWN_SITE = "pyramid_oauth.shown_site"
"""The key of the ShownSite if it is the same for all requests, else of None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What pages show of the site, as far as it is the same for all requests.

    Attributes:
        theme: The version of the stylesheet with the color of the site, or None.
    """

    name: str | None = None
    url: str | None = None
    logo: str | None = None
    stylesheet: str | None = None
    theme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSite:
    """The variable `site` of a page: name, URLs of logo and start page, stylesheets."""

    name: str | None
    url: str | None
    logo: str | None = None
    stylesheets: tuple[str, ...] = ()


def show_site(request: Request) -> ShownSite:
    """Return what the page of `request` shows of the site."""
    site: Site = request.registry[SITE]
    stylesheets = []
    if site.theme:
        path = request.route_path(theme.ROUTE, _query={"v": site.theme})
        stylesheets.append(path)
    if site.stylesheet:
        stylesheets.append(_address(request, site.stylesheet))
    return ShownSite(
        name=site.name,
        url=site.url,
        logo=_address(request, site.logo) if site.logo else None,
        stylesheets=tuple(stylesheets),
    )


def _address(request: Request, file: str) -> str:
    return file if file.startswith("/") else request.static_path(file)


def _not_served(name: str) -> Callable[[PyramidRegistry], Iterator[str]]:
    """Return a function for `Check.holds`: no static view has the file."""

    def holds(registry: PyramidRegistry) -> Iterator[str]:
        request = PyramidRequest.blank("/")
        request.registry = registry
        file = getattr(registry[SITE], name)
        try:
            _address(request, file or "/")
        except ValueError as error:
            yield str(error)

    return holds


CHECKS = tuple(
    fatal(number, f"site_{name}", _not_served(name), ": {}", PyramidRegistry)
    for number, name in (("E017", "logo"), ("E018", "stylesheet"))
)


def includeme(config: Configurator) -> None:
    """Parse the settings, and serve the stylesheet with the color."""
    settings = config.add_oauth_settings(PagesSettings)
    color = settings.site_color
    site = config.registry[SITE] = Site(
        name=settings.site_name,
        url=settings.site_url,
        logo=settings.site_logo,
        stylesheet=settings.site_stylesheet,
        theme=theme.add_theme(config, color) if color else None,
    )
    is_fixed = not (site.logo or site.stylesheet or site.theme)
    config.registry[SHOWN_SITE] = (
        ShownSite(name=site.name, url=site.url) if is_fixed else None
    )
    config.add_oauth_check(*CHECKS)
