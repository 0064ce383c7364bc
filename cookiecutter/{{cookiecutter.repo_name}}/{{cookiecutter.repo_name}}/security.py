"""The security policy: who is logged in stands in the session."""

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.request import Request, RequestLocalCache
from pyramid.security import PermitsResult

from {{ cookiecutter.repo_name }}.models import User


class SessionPolicy:
    """Knows users by the key `user_id` of the session."""

    def __init__(self) -> None:
        self._users = RequestLocalCache(_load_user)

    def identity(self, request: Request) -> User | None:
        """Return the user who is logged in and active, or None."""
        return self._users.get_or_create(request)

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the key of that user, as text."""
        user = self.identity(request)
        return None if user is None else str(user.id)

    def permits(
        self, request: Request, context: object, permission: str
    ) -> PermitsResult:
        """Decide by the access control lists of the resource tree."""
        user_id = self.authenticated_userid(request)
        of_user = [] if user_id is None else [Authenticated, f"user:{user_id}"]
        return ACLHelper().permits(context, [Everyone, *of_user], permission)

    def remember(
        self, request: Request, userid: str, **kw: object
    ) -> list[tuple[str, str]]:
        """Log in; the session is a new one, so that nobody knows its CSRF token."""
        request.session.invalidate()
        request.session["user_id"] = int(userid)
        return []

    def forget(self, request: Request, **kw: object) -> list[tuple[str, str]]:
        """Log out."""
        request.session.invalidate()
        return []


def _load_user(request: Request) -> User | None:
    user_id = request.session.get("user_id")
    user = None if user_id is None else request.dbsession.get(User, user_id)
    return user if user is not None and user.is_active else None
