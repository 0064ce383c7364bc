"""The tree: every endpoint, page and managed thing is a located resource."""

from __future__ import annotations

from pyramid_oauth.tree.node import AuthorizationServer, Endpoint, Node

__all__ = ["AuthorizationServer", "Endpoint", "Node"]
