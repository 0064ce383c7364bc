"""Count the requests of several processes in one store, such as Redis."""

import math

from limits import RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.request_rates import Rate, Usage


class SharedCounter:
    """Counts in a store of `limits`, such as `redis://localhost:6379/0`."""

    def __init__(self, url: str) -> None:
        self.limiter = SlidingWindowCounterRateLimiter(storage_from_string(url))

    def count(self, key: str, rate: Rate, at: float) -> Usage:
        limit = RateLimitItemPerSecond(rate.quota, rate.window)
        is_permitted = self.limiter.hit(limit, key)
        window = self.limiter.get_window_stats(limit, key)
        reset = max(1, math.ceil(window.reset_time - at))
        return Usage(window.remaining, reset, wait=0 if is_permitted else reset)


def includeme(config: Configurator) -> None:
    url = config.get_settings()["counter.url"]
    config.set_oauth_request_counter(SharedCounter(url))
