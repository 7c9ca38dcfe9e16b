"""What tokens cost: prices that the user gives, else the published ones that genai-prices knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from foretell.core.domain.conversation import Usage
from foretell.core.domain.endpoints import is_local
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem, suggest

Pricer: TypeAlias = Callable[[Usage], float | None]
"""The cost of some usage in USD, None when it cannot be known."""

_FIELDS = ("input", "output", "cached_input")


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens. `cached_input` is what a token read from the provider's cache costs."""

    input: float
    output: float
    cached_input: float

    def cost(self, usage: Usage) -> float | None:
        """USD, None when a token count is unknown."""
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        cached = min(usage.cached_tokens or 0, usage.input_tokens)
        fresh = usage.input_tokens - cached
        return (fresh * self.input + cached * self.cached_input + usage.output_tokens * self.output) / 1e6


def given_price(price: Mapping[str, Json], where: str) -> Pricer:
    """The prices of a project file: `{ input = 0.25, output = 2.0, cached_input = 0.025 }`.

    Without `cached_input`, cached tokens cost what others cost.

    Raises:
        ConfigurationError: unknown or missing fields, or anything but numbers from 0.
    """
    problems = [Problem(where, f"'{key}' is not known.", suggest(key, _FIELDS)) for key in price if key not in _FIELDS]
    problems += [
        Problem(where, f"'{key}' is missing.", "Prices are USD per million tokens.")
        for key in ("input", "output")
        if key not in price
    ]
    problems += [
        Problem(where, f"{key} = {price[key]!r} is no price.", "Write a number from 0 up: USD per million tokens.")
        for key in _FIELDS
        if key in price and (isinstance(price[key], bool) or not isinstance(price[key], int | float) or price[key] < 0)
    ]
    if problems:
        raise ConfigurationError(*problems)
    return Rates(price["input"], price["output"], price.get("cached_input", price["input"])).cost


@dataclass(frozen=True, slots=True)
class PriceBook:
    """How one model's usage is priced: as given, else as published for `url`, else not at all."""

    given: Pricer | None
    url: str | None

    def cost(self, models: tuple[str, ...], usage: Usage) -> float | None:
        """USD by the first of some names of one model that has a price: the name that answered, the name asked for."""
        if self.given is not None:
            return self.given(usage)
        if self.url is None:
            return None
        for model in models:
            if (price := published_price(model, self.url)) is not None:
                return price(usage)
        return None


def price_book(price: Mapping[str, Json] | None, url: str, where: str) -> PriceBook:
    """The prices for a model at an endpoint. A model on this machine has none but those given.

    Raises:
        ConfigurationError: see given_price.
    """
    return PriceBook(given_price(price, where) if price is not None else None, None if is_local(url) else url)


@lru_cache(maxsize=256)
def published_price(model: str, url: str) -> Pricer | None:
    """The published prices of a model at an endpoint, None when the endpoint or the model is unknown there.

    Read once per model: one calculation by the library takes 65 µs, half of what a whole request may.
    """
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    def exact(fresh: int, cached: int, output: int) -> float:
        tokens = Tokens(input_tokens=fresh + cached, cache_read_tokens=cached or None, output_tokens=output)
        return float(calc_price(tokens, model, provider_api_url=url).total_price)

    try:
        rates = Rates(exact(1_000_000, 0, 0), exact(0, 0, 1_000_000), exact(0, 1_000_000, 0))
        is_flat = abs(exact(1000, 0, 0) * 1000 - rates.input) < 1e-9
    except (LookupError, ValueError):
        return None
    if is_flat:
        return rates.cost

    @lru_cache(maxsize=4096)
    def tiered(usage: Usage) -> float | None:
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        cached = min(usage.cached_tokens or 0, usage.input_tokens)
        return exact(usage.input_tokens - cached, cached, usage.output_tokens)

    return tiered
