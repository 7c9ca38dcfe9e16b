"""Prices: as given, as published, or unknown."""

import pytest

from foretell.adapters.models.prices import given_price, price_book
from foretell.core.domain.conversation import Usage
from foretell.core.errors import ConfigurationError

OPENAI = "https://api.openai.com/v1"


def test_given_prices_count_cached_tokens_on_their_own() -> None:
    with_cached = given_price({"input": 2.0, "output": 8.0, "cached_input": 0.5}, "price")
    without = given_price({"input": 2.0, "output": 8.0}, "price")
    usage = Usage(1_000_000, 500_000, 200_000)
    assert (with_cached(usage), without(usage)) == (pytest.approx(1.6 + 0.1 + 4.0), pytest.approx(6.0))


@pytest.mark.parametrize("usage", [Usage(), Usage(10, None), Usage(None, 10)])
def test_unknown_usage_costs_an_unknown_amount(usage: Usage) -> None:
    assert given_price({"input": 2.0, "output": 8.0}, "price")(usage) is None
    assert price_book(None, OPENAI, "price").cost(("gpt-4o-mini",), usage) is None


def test_mistakes_in_a_price_are_told_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        given_price({"input": -1, "outptu": 2.0, "cached_input": True}, "targets.small.price")
    assert [str(problem) for problem in caught.value.problems] == [
        "targets.small.price: 'outptu' is not known. Did you mean 'output'?",
        "targets.small.price: 'output' is missing. Prices are USD per million tokens.",
        "targets.small.price: input = -1 is no price. Write a number from 0 up: USD per million tokens.",
        "targets.small.price: cached_input = True is no price. Write a number from 0 up: USD per million tokens.",
    ]


@pytest.mark.parametrize("usage", [Usage(1000, 100, 500), Usage(400_000, 10, None), Usage(0, 0, 0)])
@pytest.mark.parametrize(
    ("model", "url"), [("gpt-4o-mini", OPENAI), ("claude-sonnet-4-5", "https://api.anthropic.com/v1")]
)
def test_published_prices_are_those_of_the_library(model: str, url: str, usage: Usage) -> None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    tokens = Tokens(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cache_read_tokens=usage.cached_tokens
    )
    expected = float(calc_price(tokens, model, provider_api_url=url).total_price)
    assert price_book(None, url, "price").cost((model,), usage) == pytest.approx(expected)


def test_the_name_asked_for_stands_in_for_an_unknown_one_that_answered() -> None:
    book = price_book(None, OPENAI, "price")
    assert book.cost(("made-up", "gpt-4o-mini"), Usage(10, 10)) == book.cost(("gpt-4o-mini",), Usage(10, 10))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1", "http://localhost/v1", "https://llm.example/v1"])
def test_nothing_is_published_for_other_endpoints(url: str) -> None:
    assert price_book(None, url, "price").cost(("gpt-4o-mini",), Usage(10, 10)) is None
