"""Throttling of client authentication, by client and source (RFC 6749 section 2.3.1).

A client has a limit at each source, so nobody can lock it at its own source. A source
has a limit over all clients, which bounds what it can cost.

A secret that the server generated cannot be guessed. It is checked first, and only a
failure is counted; a success costs no statement. A secret that a person chose costs an
argon2 hash, so the attempt is counted before it is checked.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from pyramid_oauth.clients.methods import Claim, Presentation
from pyramid_oauth.hashing import match_nothing
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.repositories.rate_limits import limits_by_source
from pyramid_oauth.throttling import CLIENT, CLIENTS, too_many_requests

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})


@dataclass(slots=True)
class Attempt:
    """One attempt of a client to authenticate, as far as a limit concerns it.

    A claim without a proof (method `none`) guesses nothing and is not limited.

    Attributes:
        session: The session of the request.
        presented: What the request presented.
        claim: The claim that is checked.
        is_counted: Whether the attempt is counted in the database.
    """

    session: Session
    presented: Presentation
    claim: Claim
    is_counted: bool = False

    def admit(self, application: AbstractApplication) -> None:
        """Count the attempt before a chosen secret is checked.

        Where the secret is not chosen, the database is asked for the failures that this
        process counted for the client.

        Raises:
            TooManyRequests: A limit is reached.
        """
        if self.is_counted:
            return
        if self._is_about_chosen_secret(application):
            self._count()
            return
        limits = self.presented.server.repositories.rate_limits
        at = self.presented.now
        own = limits.keep_recent(self._own(), at)
        self._refuse_if(limits.seconds_to_wait(self.session, own, at))

    def succeed(self) -> None:
        """Take the attempt back; earlier failures of a chosen secret stay."""
        if self.is_counted:
            self.take_back()
            return
        limits = self.presented.server.repositories.rate_limits
        own = limits.keep_recent(self._own(), self.presented.now)
        if own:
            limits.reset(self.session, own)

    def take_back(self) -> None:
        """Uncount an attempt that was counted before the check."""
        if self.is_counted:
            self.is_counted = False
            limits = self.presented.server.repositories.rate_limits
            limits.take_back(self.session, {**self._own(), **self._shared()})

    def fail(self, application: AbstractApplication | None) -> None:
        """Count a failure, and take as long as a chosen secret that does not match.

        Raises:
            TooManyRequests: A limit is reached.
        """
        if self.claim.proof is None:
            return
        if self._is_other_method(application):
            self.take_back()
            return
        if not self.is_counted:
            self._count()
        if not self._was_compared(application):
            self._compare_with_nothing()

    def _count(self) -> None:
        # The same statement in any case: the time must not tell which clients exist.
        own, limits = self._own(), self.presented.server.repositories.rate_limits
        counted = {**own, **self._shared()}
        window, at = self._window, self.presented.now
        limits.remember((self.claim.client_id, *own), window, at)
        self._refuse_if(limits.attempt(self.session, counted, window, at))
        self.is_counted = True

    def _is_other_method(self, application: AbstractApplication | None) -> bool:
        """Whether the secret is right, but came by a method that is not registered.

        Some client libraries try one method after the other: that is no guess.
        """
        claim = self.claim
        if application is None or claim.method not in SECRET_METHODS:
            return False
        registered = application.token_endpoint_auth_method
        if claim.method == registered or registered not in SECRET_METHODS:
            return False
        return application.client_secret_matches(claim.proof or "")

    def _is_about_chosen_secret(self, application: AbstractApplication) -> bool:
        return self.claim.method in SECRET_METHODS and application.has_chosen_secret

    def _was_compared(self, application: AbstractApplication | None) -> bool:
        return (
            application is not None
            and application.is_usable
            and self._is_about_chosen_secret(application)
        )

    def _compare_with_nothing(self) -> None:
        applications = self.presented.server.repositories.applications
        proof, is_secret = self.claim.proof, self.claim.method in SECRET_METHODS
        if proof and is_secret and applications.have_chosen_secret(self.session):
            match_nothing(proof)

    def _refuse_if(self, wait: int) -> None:
        if wait:
            request, client_id = self.presented.request, self.claim.client_id
            raise too_many_requests(
                request, "client authentication", client_id, wait, client_id=client_id
            )

    def _own(self) -> dict[str, int]:
        most = self.presented.server.settings.client_auth_attempts
        return self._limits(most, CLIENT, self.claim.client_id)

    def _shared(self) -> dict[str, int]:
        most = self.presented.server.settings.client_auth_source_attempts
        return self._limits(most, CLIENTS)

    def _limits(self, most: int, *parts: str) -> dict[str, int]:
        if not most:
            return {}
        return limits_by_source(self.presented.request.remote_addr, most, *parts)

    @property
    def _window(self) -> int:
        window: int = self.presented.server.settings.client_auth_window
        return window
