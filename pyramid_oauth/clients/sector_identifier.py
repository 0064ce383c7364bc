"""The sector identifier: one name for several hosts, vouched for by all of them.

OpenID Connect Dynamic Client Registration 1.0 section 5, Core section 8.1.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.fetch import FetchError

log = logging.getLogger(__name__)

# One sentence for every failure: the reason would tell a stranger what the server can
# reach.
REFUSAL = "is no document that lists every one of redirect_uris"


def sector_errors(server: Any, application: Any) -> dict[str, list[str]]:
    """Fetch the client's list of redirect URIs, which must have each registered one.

    As it is at this moment: a client may have mended it just now.
    """
    uri = application.declared("sector_identifier_uri")
    if uri is None:
        return {}
    wanted = (application.redirect_uris or "").split()
    try:
        listed = json.loads(server.fetcher.get(uri, not_before=now()).body)
    except FetchError as error:
        log.warning("sector_identifier_uri %r: %s", uri, error.reason)
    except (ValueError, RecursionError):
        log.warning("sector_identifier_uri %r brought no JSON", uri)
    else:
        if isinstance(listed, list) and all(item in listed for item in wanted):
            return {}
    return {"sector_identifier_uri": [REFUSAL]}
