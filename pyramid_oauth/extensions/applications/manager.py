"""Management of applications by one person: each action checks the permission first.

No specification. The pages and the JSON API are views that use this class.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from pyramid_oauth.browser.permissions import is_permitted
from pyramid_oauth.clients import management
from pyramid_oauth.clients.listing import (
    ApplicationPage,
    ApplicationQuery,
    list_applications,
)
from pyramid_oauth.clients.management import Registered, RotatedSecret
from pyramid_oauth.clients.validation import NewSecret
from pyramid_oauth.database import columns_of, subject_converter
from pyramid_oauth.extensions.applications.container import (
    ADMINISTER,
    CHANGE,
    DELETE,
    REGISTER,
    ROTATE_SECRET,
    ApplicationContainer,
)
from pyramid_oauth.extensions.applications.fields import settable_fields
from pyramid_oauth.extensions.applications.owner_limits import count_registration
from pyramid_oauth.extensions.applications.rules import (
    Values,
    distrust,
    narrow_to_owner,
    prepare_values,
)
from pyramid_oauth.extensions.applications.settings import ApplicationsSettings
from pyramid_oauth.extensions.openid.approvals import ApprovedState, revoke_approvals
from pyramid_oauth.i18n import Problem
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import ADMINISTRATOR, OWNER
from pyramid_oauth.models.client_metadata_fields import Errors, add_error
from pyramid_oauth.server import Server, ServerRequest


class NotPermitted(Exception):
    """The person has no such permission; `args[0]` names it."""


@dataclass(frozen=True, eq=False)
class Manager:
    """A person who manages applications, with the permissions of that person.

    Args:
        request: The request of the person.
        container: The node with the applications.
        subject: The person: the user who is logged in, or for whom a token is valid.
    """

    request: ServerRequest
    container: ApplicationContainer
    subject: str

    @cached_property
    def is_administrator(self) -> bool:
        """Whether the person sees and changes everybody's applications."""
        return self.may(ADMINISTER, self.container)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the person may set."""
        model = self._server.models.Application
        return settable_fields(model, by_administrator=self.is_administrator)

    def may(self, permission: str, context: object) -> bool:
        """Whether the person has `permission` on an application or the container."""
        return is_permitted(self.request, context, permission, self.subject)

    def require(self, permission: str, context: object) -> None:
        """Raise NotPermitted unless the person has `permission`."""
        if not self.may(permission, context):
            raise NotPermitted(permission)

    def may_enable(self, application: AbstractApplication) -> bool:
        """Whether the person may enable a disabled application.

        An owner cannot enable an application that an administrator has disabled.
        """
        is_own_doing = application.disabled_by == OWNER
        may_change = self.may(CHANGE, application)
        return may_change and (is_own_doing or self.is_administrator)

    def may_disable(self, application: AbstractApplication) -> bool:
        """Whether disabling changes something: an administrator overrules an owner."""
        is_overruled = self.is_administrator and application.disabled_by == OWNER
        is_enabled = application.disabled_at is None
        return (is_enabled or is_overruled) and self.may(CHANGE, application)

    def list(
        self, *, search: str = "", after: str | None = None, own: bool = False
    ) -> ApplicationPage:
        """Return a page of applications: all for administrators, else the person's own.

        Args:
            search: See `ApplicationQuery.search`.
            after: The `next` of the page before.
            own: Whether to list only those of the person, also for administrators.
        """
        owner = None if self.is_administrator and not own else self.subject
        query = ApplicationQuery(owner=owner, search=search, after=after)
        page = list_applications(self._server, self.request.oauth.session, query)
        for application in page.applications:
            self.container.locate(application)
        return page

    def register(
        self,
        values: Mapping[str, Any],
        errors: Errors | None = None,
        client_id: str | None = None,
    ) -> Registered:
        """Register an application, by default as its owner.

        Args:
            values: The fields; see `fields`.
            errors: What the caller has found already, by field.
            client_id: The client identifier; None: a random one.

        Raises:
            NotPermitted: The person may not register applications.
            TooManyApplications: The person has as many as the settings allow.
            TooManyRequests: The person registers too often.
            FieldErrors: One or more fields are invalid; it has all errors.
        """
        self.require(REGISTER, self.container)
        found: Errors = dict(errors or {})
        prepared = self._prepare(values, None, found)
        prepared.setdefault("user_id", self._as_key(self.subject))
        if client_id is not None:
            prepared["client_id"] = client_id
        with self._counted():
            registered = management.register_application(
                self.request,
                prepared,
                new_secret=self._new_secret,
                source=self._role,
                errors=found,
                by=self.subject,
            )
        self.container.locate(registered.application)
        return registered

    def change(
        self,
        application: AbstractApplication,
        values: Mapping[str, Any],
        *,
        revision: int | None = None,
        errors: Errors | None = None,
    ) -> str | None:
        """Change an application; return a new secret, if it now needs one.

        If anybody but an administrator adds a redirect URI, users are asked for consent
        again. If they let it reach further, `skip_authorization` ends. If they change
        what users see, it no longer counts as registered by an administrator.

        Raises:
            NotPermitted: The person may not change it.
            ChangedMeanwhile: `revision` is not the present one.
            FieldErrors: One or more fields are invalid; it has all errors.
        """
        self.require(CHANGE, application)
        found: Errors = dict(errors or {})
        prepared = self._prepare(values, application, found)
        before = ApprovedState.of(application)

        secret = management.change_application(
            self.request,
            application,
            prepared,
            new_secret=self._new_secret,
            revision=revision,
            adjust=None if self.is_administrator else partial(distrust, application),
            errors=found,
            by=self.subject,
        )
        if not self.is_administrator:
            session = self.request.oauth.session
            revoke_approvals(self._server, session, application, before)
        return secret

    def set_enabled(self, application: AbstractApplication, enabled: bool) -> None:
        """Enable or disable an application.

        Raises:
            NotPermitted: The person may not change it, or an administrator disabled it.
            ChangedMeanwhile: Another request changes it now.
        """
        self.require(CHANGE, application)
        if enabled and application.disabled_at and not self.may_enable(application):
            raise NotPermitted(ADMINISTER)
        management.set_enabled(
            self.request,
            application,
            enabled,
            role=self._role,
            by=self.subject,
        )

    def rotate_secret(
        self, application: AbstractApplication, *, revision: int | None = None
    ) -> RotatedSecret:
        """Make a new secret; the settings say how long both are valid.

        Raises:
            NotPermitted: The person may not.
            ChangedMeanwhile: `revision` is not the present one.
            FieldErrors: The application needs no secret.
        """
        self.require(ROTATE_SECRET, application)
        section = self._section
        return management.rotate_secret(
            self.request,
            application,
            overlap=timedelta(seconds=section.application_secret_overlap),
            revision=revision,
            lifetime=section.secret_lifetime,
            by=self.subject,
        )

    def delete(self, application: AbstractApplication) -> None:
        """Delete an application with its grants, consents and tokens.

        Raises:
            NotPermitted: The person may not.
        """
        self.require(DELETE, application)
        management.delete_application(self.request, application, by=self.subject)

    @property
    def _role(self) -> str:
        return ADMINISTRATOR if self.is_administrator else OWNER

    @property
    def _server(self) -> Server:
        server: Server = self.request.oauth.server
        return server

    @property
    def _section(self) -> ApplicationsSettings:
        found: ApplicationsSettings = self._server.settings[ApplicationsSettings]
        return found

    @property
    def _new_secret(self) -> NewSecret:
        return NewSecret(lifetime=self._section.secret_lifetime)

    def _prepare(
        self,
        values: Mapping[str, Any],
        application: AbstractApplication | None,
        errors: Errors,
    ) -> Values:
        prepared = prepare_values(
            self._server,
            values,
            application,
            by_administrator=self.is_administrator,
            errors=errors,
        )
        if not self.is_administrator:
            narrow_to_owner(self.request, self._server, prepared, application, errors)
        owner = prepared.get("user_id")
        if owner is not None:
            prepared["user_id"] = self._as_key(owner)
            if prepared["user_id"] is None:
                add_error(errors, "user_id", Problem("does not exist"))
        return prepared

    def _as_key(self, subject: str) -> Any:  # noqa: ANN401 - of the host's own type
        column = columns_of(self._server.models.Application)["user_id"]
        return subject_converter(column)(subject)

    def _counted(self) -> AbstractContextManager[None]:
        """Count a registration, if the settings limit this person."""
        most = self._section.applications_per_owner
        if self.is_administrator or not most:
            return nullcontext()
        session = self.request.oauth.session
        return count_registration(self._server, session, self.subject, most)
