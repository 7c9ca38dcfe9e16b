"""Wealth from betting against a hypothesis about a bounded mean, for many problems side by side.

Each column of `values` is one problem with its own hypothesis "mean <= null". A bet on a value x multiplies the wealth
by 1 + stake * (x - null), where the stake is chosen before x is seen and never risks more than there is. If the
hypothesis is true the expected wealth never exceeds 1, whatever the distribution; so it reaches 1 / alpha at any time
with probability <= alpha (Ville 1939; Waudby-Smith & Ramdas 2023, arXiv:2010.09686). Only power depends on the stakes.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foretell.core.stats.intervals import FloatArray

# All measured on paired differences at n = 30 ... 1,000: discordance 2 to 20 %, and three repeats a side.
_SHARE_AT_RISK = 0.7  # cap on what a bet risks, while the target stays within reach
_ALL_AT_RISK = 0.999  # the cap of a bet without which the target is out of reach
_PRIOR_WEIGHT = 4  # the prior variance below counts as this many values
_PRIOR_VARIANCE = 0.05  # in units where the bounds are 0 and 1
_DOUBT = 50  # how many values without any gain the growing stake imagines to have seen first
_MOST_ROUNDS = 1000  # stakes are set anew at most so often; longer data is bet on in blocks

# Of a wager that expects a gain; measured on paired differences, margins of 5 and 10 points, discordance 10 to 30 %,
# horizons of 200 to 1,500: larger stakes end more tests early and win fewer of those that run to their end.
_WEIGHT_OF_EXPECTED = 100  # the expected gain counts as this many values
_HASTE = 0.8  # the share of the fastest growing stake


@dataclass(frozen=True, slots=True)
class Wager:
    """What is bet against: values in [0, 1] known, the mean at most `nulls` (one per column), `target` = 1 / alpha.

    `horizon` is the number of values planned for; stakes are set to reach the target by then. `expected` is how far
    beyond its null the mean is thought to lie, for a test that shall end early: its stakes start from there. Without it
    they are the best for a test that sees all values. Each number may be one per column.
    """

    nulls: FloatArray
    target: float | FloatArray
    horizon: float | FloatArray
    expected: float | FloatArray | None = None


def log_wealth(values: FloatArray, wager: Wager) -> FloatArray:
    """The logarithm of the wealth after each value, shape (n, columns). `values` is (n, columns) or (n, 1), in [0, 1].

    The stake is Voracek & Orabona's (2025, arXiv:2505.22422): what would just carry the wealth to the target in the
    values that remain, at the variance seen so far. Once a target is reached the next is 1 / alpha times as high.
    When the wealth grows faster at a larger stake, that one is taken.
    """
    return np.concatenate([reached for reached, _ in _rounds(values, wager)])


def highest_log_wealth(values: FloatArray, wager: Wager) -> FloatArray:
    """The highest point of each column's `log_wealth`, at least 0 (the start), without keeping the path."""
    return deque(_rounds(values, wager), maxlen=1)[0][1].peak


def bet(book: "Book", values: FloatArray, wager: Wager) -> "Book":
    """Bet on one more value of each column; a column whose value is NaN sits this round out."""
    is_there = ~np.isnan(values)
    seen = np.where(is_there, values, 0.0)
    steps = np.log1p(_stakes(book, wager) * (seen - wager.nulls))
    reached = book.wealth + np.where(is_there, steps, 0.0)
    total, count = book.total + seen, book.count + is_there
    squares = book.squares + np.where(is_there, (seen - _mean(total, count)) ** 2, 0.0)
    return Book(reached, np.maximum(book.peak, reached), total, squares, count)


def _rounds(values: FloatArray, wager: Wager) -> Iterator[tuple[FloatArray, "Book"]]:
    columns = max(values.shape[1], wager.nulls.size)
    block = max(1, math.ceil(max(values.shape[0], float(np.max(wager.horizon))) / _MOST_ROUNDS))
    state = Book.at_start(columns, values.shape[1])
    for start in range(0, values.shape[0], block):
        seen = values[start : start + block]
        steps = np.log1p(_stakes(state, wager) * (seen - wager.nulls))
        reached = state.wealth + np.cumsum(steps, axis=0)
        state = state.after(seen, reached)
        yield reached, state


@dataclass(frozen=True, slots=True)
class Book:
    """All that a stake may depend on: wealth and its peak (as logarithms), and sums over the values seen."""

    wealth: FloatArray
    peak: FloatArray
    total: FloatArray
    squares: FloatArray
    count: FloatArray

    @classmethod
    def at_start(cls, columns: int, value_columns: int | None = None) -> "Book":
        """Nothing seen, nothing won. `value_columns` is 1 when all columns bet on the same values."""
        nothing: FloatArray = np.zeros(columns)
        unseen: FloatArray = np.zeros(value_columns or columns)
        return cls(nothing, nothing, unseen, unseen, unseen)

    def after(self, seen: FloatArray, reached: FloatArray) -> "Book":
        """With a block of values and the wealth after each of them."""
        total, count = self.total + seen.sum(axis=0), self.count + seen.shape[0]
        squares = self.squares + ((seen - _mean(total, count)) ** 2).sum(axis=0)
        return Book(reached[-1], np.maximum(self.peak, reached.max(axis=0)), total, squares, count)


def _mean(total: FloatArray, count: FloatArray) -> FloatArray:
    return (total + 0.5) / (count + 1)


def _stakes(state: Book, wager: Wager) -> FloatArray:
    one_target, left = np.log(wager.target), np.maximum(1.0, wager.horizon - state.count)
    needed = (np.floor(state.peak / one_target) + 1) * one_target - state.wealth
    variance = (state.squares + _PRIOR_WEIGHT * _PRIOR_VARIANCE) / (state.count + _PRIOR_WEIGHT)
    wanted = np.sqrt(2 * needed / (left * variance))
    # Where the usual cap would leave the target out of reach even if every value left were the mean so far, risk more.
    gain = _mean(state.total, state.count) - wager.nulls
    least = np.expm1(np.minimum(needed / left, 50.0)) / np.maximum(gain, 1e-12) * (1 + 1e-9)
    cap = np.maximum(_SHARE_AT_RISK, np.minimum(_ALL_AT_RISK, np.where(gain > 0, least * wager.nulls, 0.0)))
    return np.minimum(np.maximum(wanted, _growing(state, wager, variance)), cap / np.maximum(wager.nulls, 1e-12))


def _growing(state: Book, wager: Wager, variance: FloatArray) -> FloatArray:
    """A share of the stake at which wealth grows fastest, with the gain per value drawn towards what was expected.

    It takes over where the truth is far from the hypothesis: there it ends a test in two thirds of the time, or less.
    Where nothing was expected the gain is drawn towards none.
    """
    won = state.total - state.count * wager.nulls
    if wager.expected is None:
        gain = np.maximum(won, 0.0) / (state.count + _DOUBT)
        return 0.5 * gain / (variance + gain**2)
    gain = np.maximum(won + _WEIGHT_OF_EXPECTED * wager.expected, 0.0) / (state.count + _WEIGHT_OF_EXPECTED)
    return _HASTE * gain / (variance + gain**2)
