"""A consent page of the host: one file and one script, which speaks JSON."""

from pathlib import Path

from pyramid.config import Configurator
from pyramid.response import FileResponse

from pyramid_oauth.typing import OAuthRequest

FOLDER = Path(__file__).parent / "single_page"


def consent(request: OAuthRequest) -> FileResponse:
    """Send the page; the script reads what it shows."""
    response = FileResponse(FOLDER / "consent.html", request, content_type="text/html")
    response.headers["Cache-Control"] = "no-store"
    # Nobody may show the page in a frame, and so make users click on it unseen.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return response


def includeme(config: Configurator) -> None:
    config.add_route("consent", "/consent")
    config.add_view(consent, route_name="consent", request_method="GET")
    config.add_static_view("single-page", str(FOLDER))
