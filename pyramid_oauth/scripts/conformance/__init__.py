"""`conformance-config`: what OpenID's conformance suite must know of this server.

The suite's configuration files are JSON: server, clients, and the steps by which its
browser fills our pages.
"""

from pyramid_oauth.scripts.conformance.command import COMMANDS

__all__ = ["COMMANDS"]
