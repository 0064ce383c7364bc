"""One call for many threads that need the same result at the same time.

No specification. It keeps an API from asking an issuer once for each waiting request.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from pyramid_oauth.resource.verify.errors import VerifierUnavailable

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Runs a call in the first thread; the others wait for its result.

    Args:
        timeout: Seconds that a thread waits at most.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lock = Lock()
        self._flights: dict[Hashable, Future[Result]] = {}

    def run(self, key: Hashable, call: Callable[[], Result]) -> Result:
        """Return the result of `call`, or of the call that runs for `key` already.

        Raises:
            VerifierUnavailable: The call of another thread failed, or takes too long.
        """
        with self._lock:
            flight = self._flights.get(key)
            is_first = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        return self._fly(key, flight, call) if is_first else self._wait(flight)

    def _fly(
        self, key: Hashable, flight: Future[Result], call: Callable[[], Result]
    ) -> Result:
        try:
            result = call()
        except BaseException as error:
            self._end(key)
            known = isinstance(error, VerifierUnavailable)
            flight.set_exception(error if known else VerifierUnavailable("abandoned"))
            raise
        self._end(key)
        flight.set_result(result)
        return result

    def _end(self, key: Hashable) -> None:
        with self._lock:
            del self._flights[key]

    def _wait(self, flight: Future[Result]) -> Result:
        try:
            return flight.result(timeout=self._timeout)
        except TimeoutError:
            raise VerifierUnavailable("another thread's request takes long") from None
        except VerifierUnavailable as error:
            # An exception belongs to the thread that raised it.
            raise VerifierUnavailable(
                error.reason, retry_after=error.retry_after
            ) from None
