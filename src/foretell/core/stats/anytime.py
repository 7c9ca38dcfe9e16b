"""Bounds that hold at every time at once: the means that a bet running since the first value has not refuted.

The highest wealth so far decides, so that a bound may be read after any value, at a time chosen while looking
(a confidence sequence: Waudby-Smith & Ramdas 2023, arXiv:2010.09686).
"""

from dataclasses import replace

import numpy as np

from foretell.core.stats.betting import Book, Wager, bet
from foretell.core.stats.intervals import FloatArray

METHOD = "betting, anytime-valid"
_CANDIDATES = 16


def run_bets(values: FloatArray, wager: Wager) -> Book:
    """The book after all `values`, shape (n, columns), NaN where a column has none; in [0, 1] otherwise."""
    book = Book.at_start(values.shape[1])
    for row in values:
        book = bet(book, row, wager)
    return book


def lower_bounds(values: FloatArray, wager: Wager, alpha: float, shares: FloatArray | None = None) -> FloatArray:
    """For each column the smallest mean that its values have not refuted; above its null exactly when that is refuted.

    `values` is (n, columns) in [0, 1], NaN where a column has none. A column without any value is bounded by 0.
    `shares` (n) are weights over the largest, None when all are equal; the values are then what was bet on against the
    column's null, null + share * (x - null).
    """
    nearness = 0.0 if shares is None else np.tile((1 - shares)[:, None], _CANDIDATES * values.shape[1])
    is_clear = np.exp(-run_bets(values, wager).peak) <= alpha
    low, high = np.where(is_clear, wager.nulls, 0.0), np.where(is_clear, 1.0, wager.nulls)
    tolerance = min(1e-4, 0.02 / np.sqrt(max(1, values.shape[0])))
    columns = range(values.shape[1])
    while float(np.max(high - low, initial=0.0)) > tolerance:
        grid = np.linspace(low, high, _CANDIDATES + 2)
        many = _spread(wager, grid[1:-1])
        moved = np.tile(values, _CANDIDATES) + nearness * (many.nulls - np.tile(wager.nulls, _CANDIDATES))
        peaks = run_bets(np.clip(moved, 0.0, 1.0), many).peak.reshape(_CANDIDATES, -1)
        stays = np.exp(-peaks) > alpha
        first = np.where(stays.any(axis=0), stays.argmax(axis=0) + 1, _CANDIDATES + 1)
        low, high = grid[first - 1, columns], grid[first, columns]
    return (low + high) / 2


def _spread(wager: Wager, nulls: FloatArray) -> Wager:
    """The wager on several nulls of each column side by side, null by null."""

    def each(number: float | FloatArray) -> FloatArray:
        return np.tile(np.broadcast_to(number, nulls.shape[1:]), len(nulls))

    expected = None if wager.expected is None else each(wager.expected)
    return replace(
        wager, nulls=nulls.ravel(), target=each(wager.target), horizon=each(wager.horizon), expected=expected
    )
