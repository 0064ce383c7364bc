"""Permissions of the person who is logged in, on resources of the tree.

Pyramid's authorization by the `__acl__` of a resource and of its parents. The owner of
a resource is known by the accounts adapter; every other principal, such as that of an
administrator, is a matter of the host's security policy.
"""

from __future__ import annotations

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.interfaces import ISecurityPolicy

from pyramid_oauth.accounts import Owner
from pyramid_oauth.server import ServerRequest


def is_permitted(
    request: ServerRequest, context: object, permission: str, subject: str
) -> bool:
    """Whether the user `subject` has `permission` on `context`.

    The host's security policy is asked only if the setting `administrators` names
    principals: a policy that permits everything to who is logged in would otherwise
    make everybody an administrator.

    Args:
        request: The Pyramid request.
        context: A resource with its place in the tree.
        permission: The permission.
        subject: The logged-in user, for whom this request is made.
    """
    principals = [Everyone, Authenticated, Owner(subject)]
    if ACLHelper().permits(context, principals, permission):
        return True
    return asks_policy(request) and bool(request.has_permission(permission, context))


def asks_policy(request: ServerRequest) -> bool:
    """Whether the host's security policy decides on administrators.

    Without any policy Pyramid permits everything.
    """
    has_policy = request.registry.queryUtility(ISecurityPolicy) is not None
    return has_policy and bool(request.oauth.settings.administrators)
