"""`OAuthSecurityPolicy` around the security policy of a host."""

from __future__ import annotations

import pytest
from pyramid.authorization import (
    ACLHelper,
    Allow,
    Authenticated,
    Everyone,
)
from pyramid.interfaces import ISecurityPolicy
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, Allowed, Denied
from zope.interface.verify import verifyClass

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.resource import (
    OAuthSecurityPolicy,
    TokenDenied,
    TokenIdentity,
    bearer_refusal,
    token_principals,
)


class UserCookiePolicy:
    """A host's policy as in Pyramid's tutorials: a cookie names the user."""

    def identity(self, request):
        return request.cookies.get("user")

    def authenticated_userid(self, request):
        return self.identity(request)

    def permits(self, request, context, permission):
        user = self.identity(request)
        principals = [Everyone, Authenticated, user] if user else [Everyone]
        return ACLHelper().permits(context, principals, permission)

    def remember(self, request, userid, **kw):
        return [("Set-Cookie", f"user={userid}; Max-Age={kw['max_age']}")]

    def forget(self, request, **kw):
        return [("Set-Cookie", "user=; Max-Age=0")]


class GuardedRoot:
    __name__ = ""
    __parent__ = None
    __acl__ = [
        (Allow, "alice", "edit"),
        (Allow, "scope:admin", "administer"),
        (Allow, "client:robot", "count"),
        (Allow, Authenticated, "chat"),
    ]

    def __init__(self, request):
        pass


def forbidden(request):
    answer = bearer_refusal(request)
    return answer if answer is not None else Response("login", status=403)


def whoami(request):
    return Response(f"{request.authenticated_userid} {type(request.identity).__name__}")


def accept_tokens_in_all_views(policy, **options):
    """The policy that accepts tokens in views without `oauth_scopes` as well."""
    with pytest.warns(InsecureSettingWarning, match="unscoped_views"):
        return OAuthSecurityPolicy(policy, unscoped_views=True, **options)


def traversal_host(config):
    """A host with traversal: views by context, guarded by an ACL."""
    config.set_root_factory(GuardedRoot)
    config.set_security_policy(accept_tokens_in_all_views(UserCookiePolicy()))
    config.add_forbidden_view(forbidden)
    config.add_view(whoami, context=GuardedRoot)
    for permission in ("edit", "administer", "count", "chat"):
        config.add_view(
            whoami, context=GuardedRoot, name=permission, permission=permission
        )
    config.add_view(
        whoami,
        context=GuardedRoot,
        name="publish",
        permission="edit",
        oauth_scopes="write",
    )


@pytest.fixture
def traversal_app(memory_host):
    return memory_host.app(traversal_host)


def test_the_policy_implements_isecuritypolicy():
    assert verifyClass(ISecurityPolicy, OAuthSecurityPolicy)


def test_without_a_bearer_token_the_host_decides(traversal_app):
    assert traversal_app.get("/").text == "None NoneType"
    traversal_app.get("/edit", status=403)
    traversal_app.set_cookie("user", "alice")
    answer = traversal_app.get("/edit", status=200)
    assert answer.text == "alice str"
    assert "Authorization" in answer.vary


def test_with_a_token_the_authenticated_user_is_its_user(traversal_app, bearer):
    traversal_app.set_cookie("user", "mallory")
    assert traversal_app.get("/", headers=bearer("read")).text == "alice TokenIdentity"


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize(
    ("token", "status", "error"),
    [("unknown", 401, "invalid_token"), ("a b", 400, "invalid_request")],
)
def test_an_invalid_token_does_not_fall_back_to_the_cookie(
    traversal_app, bearer, token, status, error
):
    traversal_app.set_cookie("user", "alice")
    assert traversal_app.get("/", headers=bearer(token)).text == "None NoneType"
    answer = traversal_app.get("/edit", headers=bearer(token), status=status)
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"]


def test_a_cookie_adds_no_permission_to_a_token(traversal_app, bearer):
    traversal_app.set_cookie("user", "alice")
    traversal_app.get("/edit", headers=bearer("machine"), status=403)


@pytest.mark.parametrize(
    ("token", "permission", "status"),
    [
        ("read", "edit", 200),
        ("read", "administer", 403),
        ("read", "chat", 200),
        ("admin", "administer", 200),
        ("admin", "edit", 403),
        ("machine", "count", 200),
        ("machine", "chat", 403),
    ],
)
def test_acls_can_name_user_client_and_scopes(
    traversal_app, bearer, token, permission, status
):
    traversal_app.get(f"/{permission}", headers=bearer(token), status=status)


def test_scope_and_permission_must_both_allow(memory_host, traversal_app, bearer):
    memory_host.verifier.tokens["bob"] = TokenIdentity(
        client_id="app", user_id="bob", scope="write"
    )
    traversal_app.get("/publish", headers=bearer("both"), status=200)
    scopeless = traversal_app.get("/publish", headers=bearer("read"), status=403)
    assert scopeless.json["error"] == "insufficient_scope"
    assert (
        traversal_app.get("/publish", headers=bearer("bob"), status=403).text == "login"
    )
    traversal_app.set_cookie("user", "alice")
    traversal_app.get("/publish", status=401)


def test_a_token_is_verified_once_per_request(memory_host, traversal_app, bearer):
    traversal_app.get("/publish", headers=bearer("both"), status=200)
    assert memory_host.verifier.calls == 1


def test_a_token_is_used_only_in_views_with_oauth_scopes(memory_host, bearer):
    def configure(config):
        config.set_root_factory(GuardedRoot)
        config.set_security_policy(OAuthSecurityPolicy(UserCookiePolicy()))
        config.add_forbidden_view(lambda request: Response("nobody", status=403))
        config.add_view(whoami, context=GuardedRoot)
        config.add_view(whoami, context=GuardedRoot, name="edit", permission="edit")
        config.add_view(
            whoami,
            context=GuardedRoot,
            name="publish",
            permission="edit",
            oauth_scopes="read",
        )

    app = memory_host.app(configure)
    assert app.get("/publish", headers=bearer("read")).text == "alice TokenIdentity"
    app.set_cookie("user", "alice")
    assert app.get("/", headers=bearer("read")).text == "None NoneType"
    app.get("/edit", headers=bearer("read"), status=403)
    assert app.get("/edit").text == "alice str"


def test_a_user_id_cannot_match_a_scope_or_client_principal():
    for name in ("scope:admin", "client:robot", "system.Everyone"):
        identity = TokenIdentity(client_id="app", user_id=name, scope="read")
        assert set(token_principals(identity)) == {
            Everyone,
            Authenticated,
            "client:app",
            "scope:read",
        }


def test_a_host_may_name_its_principals(memory_host, bearer):
    def configure(config):
        config.set_root_factory(GuardedRoot)
        config.set_security_policy(
            accept_tokens_in_all_views(
                UserCookiePolicy(), principals=lambda token: ["alice"]
            )
        )
        config.add_view(whoami, context=GuardedRoot, name="edit", permission="edit")

    memory_host.app(configure).get("/edit", headers=bearer("machine"), status=200)


def test_a_host_without_acls_decides_by_the_identity(memory_host, bearer):
    class RolePolicy(UserCookiePolicy):
        def permits_token(self, request, context, permission, identity):
            return Allowed("role") if identity.user_id == "root" else Denied("role")

    def configure(config):
        config.set_security_policy(accept_tokens_in_all_views(RolePolicy()))
        config.set_default_permission("use")

    app = memory_host.app(configure)
    app.get("/me", headers=bearer("read"), status=403)
    memory_host.verifier.tokens["root"] = TokenIdentity(
        client_id="app", user_id="root", scope="read"
    )
    assert app.get("/me", headers=bearer("root"), status=200).text == "root"


def test_remember_and_forget_are_delegated_to_the_host(memory_host):
    def configure(config):
        config.set_security_policy(OAuthSecurityPolicy(UserCookiePolicy()))
        config.add_route("login", "/login")
        config.add_view(login, route_name="login")

    def login(request):
        policy = request.registry.getUtility(ISecurityPolicy)
        remembered = policy.remember(request, "alice", max_age=60)
        return Response(headerlist=[*remembered, *policy.forget(request)])

    cookies = memory_host.app(configure).get("/login").headers.getall("Set-Cookie")
    assert cookies == ["user=alice; Max-Age=60", "user=; Max-Age=0"]


@pytest.mark.spec("RFC 6750", "3")
def test_a_denied_permission_has_its_reason(memory_host, bearer):
    def configure(config):
        config.set_root_factory(GuardedRoot)
        config.set_security_policy(OAuthSecurityPolicy(UserCookiePolicy()))
        config.add_view(ask, context=GuardedRoot)

    def ask(request):
        denied = request.has_permission("edit")
        assert isinstance(denied, TokenDenied)
        assert not denied
        assert "not in the table" in denied.msg
        return Response(f"{denied.error} {denied.reason}")

    answer = memory_host.app(configure).get("/", headers=bearer("unknown"))
    assert answer.text == "invalid_token not in the table"


def test_a_default_permission_is_checked_after_the_scopes(memory_host, bearer):
    def configure(config):
        config.set_root_factory(GuardedRoot)
        config.set_security_policy(OAuthSecurityPolicy(UserCookiePolicy()))
        config.set_default_permission("edit")
        config.add_route("free", "/free")
        config.add_view(
            whoami,
            route_name="free",
            oauth_scopes="read",
            permission=NO_PERMISSION_REQUIRED,
        )

    app = memory_host.app(configure)
    app.get("/me", status=401)
    app.get("/me", headers=bearer("read"), status=200)
    app.get("/me", headers=bearer("machine"), status=403)
    app.get("/free", headers=bearer("machine"), status=200)
