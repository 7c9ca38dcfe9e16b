"""Real answers in place of drawn ones: after how many of the 1,000 primes is GPT-4's fall from March to June held?

`python -m tests.statistical.prime` prints it. The answers are those of Chen, Zaharia & Zou (2023, arXiv:2307.09009),
read by their rule; they are not part of this repository. The gate has a floor at 40 % and a margin of 3 points, so that
two rules share alpha on the hold side.
"""

import csv
import math
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from foretell.core.stats import paired_exact
from foretell.core.stats.bounded import BoundedMean, log_wealth_path
from foretell.core.stats.paired import PairCounts

SHARED = Path(os.environ.get("FORETELL_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
ANSWERS = SHARED / "llmdrift-prime-sensitive" / "PRIME_FULL_EVAL.csv"
MARGIN, ALPHA, RULES = 0.03, 0.05, 2
LEAST, STEP = 10, 5


def differences(family: str) -> np.ndarray:
    """June's success less March's on every question of a family of models: -1, 0 or 1."""
    sides: dict[str, dict[str, bool]] = {"03": {}, "06": {}}
    with ANSWERS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["model"].split("/")[-1]
            if name.startswith(family):
                month = "06" if "0613" in name else "03"
                sides[month][row["id"]] = _said(row["answer"]) == row["ref_answer"].lower()
    march, june = sides["03"], sides["06"]
    return np.array([float(june[key]) - float(march[key]) for key in sorted(march)])


def _said(text: str) -> str | None:
    words = "".join(f"[{word}]" for word in text.lower().replace(",", " ").replace(".", " ").split())
    return "yes" if "[yes]" in words else "no" if "[no]" in words else None


@cache
def _p_hold(pairs: int, gained: int, lost: int) -> float:
    return paired_exact.p_below(PairCounts(pairs - gained - lost, gained, lost, 0), -MARGIN)


@cache
def _p_ship(pairs: int, gained: int, lost: int) -> float:
    return paired_exact.p_above(PairCounts(pairs - gained - lost, gained, lost, 0), -MARGIN)


def smallest_set_that_holds(values: np.ndarray) -> int | None:
    """How many first cases, in fives, a gate that sees just these needs to hold; None when no number does."""
    return _first(values, lambda *counts: _p_hold(*counts) <= ALPHA / RULES)


def smallest_set_that_ships(values: np.ndarray) -> int | None:
    """How many first cases, in fives, a gate that sees just these needs to find the drop smaller than the margin."""
    return _first(values, lambda *counts: _p_ship(*counts) <= ALPHA)


def _first(values: np.ndarray, decides: Callable[[int, int, int], bool]) -> int | None:
    gained, lost = (values > 0).cumsum(), (values < 0).cumsum()
    sizes = range(LEAST, len(values) + 1, STEP)
    return next((n for n in sizes if decides(n, int(gained[n - 1]), int(lost[n - 1]))), None)


def stopped_at(values: np.ndarray) -> int | None:
    """After how many cases a test that looks after every one of them, and may, holds; None when it never does."""
    given = BoundedMean(-1.0, 1.0, 1 - ALPHA / RULES, horizon=len(values))
    wealth = log_wealth_path(values, -MARGIN, "below", given)
    at = np.flatnonzero(wealth >= math.log(RULES / ALPHA))
    return int(at[0]) + 1 if len(at) else None


def over_orders(values: np.ndarray, orders: int, find: Callable[[np.ndarray], int | None]) -> list[int | None]:
    """What is found in so many random orders of the cases."""
    rng = np.random.default_rng(0)
    return [find(values[rng.permutation(len(values))]) for _ in range(orders)]


def told(found: list[int | None]) -> str:
    """The median and the middle 90 % of those that decided, and how many did."""
    some = [one for one in found if one is not None]
    if not some:
        return f"none of {len(found)} orders"
    low, middle, high = np.quantile(some, [0.05, 0.5, 0.95])
    return f"median {middle:.0f}, 90 % of orders {low:.0f} to {high:.0f} ({len(some)} of {len(found)} orders)"


if __name__ == "__main__":
    fallen, same = differences("gpt-4"), np.zeros(1000)
    by_size = told(over_orders(fallen, 200, smallest_set_that_holds))
    lines = [
        f"GPT-4, March to June, held, fixed test on a set of so many: {by_size}",
        f"GPT-4, March to June, held, test after every case: {told(over_orders(fallen, 200, stopped_at))}",
        f"GPT-3.5, March to June, all 1,000: p of the ship side {_p_ship(1000, 419, 153):.1e}",
        f"March to March, held after any number, test after every case: {told(over_orders(same, 200, stopped_at))}",
        f"March to March, smallest set that ships: {smallest_set_that_ships(same)}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
