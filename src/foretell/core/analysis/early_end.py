"""Where a gate that may stop early would end when nothing changed: simulated with the bets that it makes."""

from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.claims import FEWEST_PAIRS
from foretell.core.ports.findings import Floats
from foretell.core.stats.anytime import lower_bounds
from foretell.core.stats.betting import Book, Wager, bet
from foretell.core.stats.intervals import alpha_of
from foretell.core.stats.power_bounded import BoundedPlan


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """Of one comparison alone: P(ship | no change), and how many cases it looks at on average before it ends."""

    p_ship: float
    cases: float


def simulated_end(differences: Floats, plan: BoundedPlan, simulations: int) -> EarlyEnd:
    """The end of the test on at most `plan.pairs` cases when nothing changed.

    Each draw takes one of the per-case `differences`, from -1 to 1, and turns its sign at random: see
    `simulated_ship_probability`. What is never shown counts with all of its cases.
    """
    rng = np.random.default_rng(0)
    wager, to_reach = _wager(plan, simulations), -np.log(alpha_of(plan.confidence))
    book, seen, is_open = Book.at_start(simulations), np.full(simulations, plan.pairs), np.ones(simulations, np.bool_)
    for number in range(1, plan.pairs + 1):
        book = bet(book, plan.unchanged(rng, differences, simulations), wager)
        ends = is_open & (book.peak >= to_reach) & (number >= FEWEST_PAIRS)
        seen[ends], is_open = number, is_open & ~ends
        if not is_open.any():
            break
    return EarlyEnd(float(1 - is_open.mean()), float(seen.mean()))


def smallest_margin_early(plan: BoundedPlan) -> float:
    """What a verdict calls the smallest visible drop, when all cases were seen and not one of them differed."""
    bound = lower_bounds(np.full((plan.pairs, 1), 0.5), _wager(plan, 1), alpha_of(plan.confidence))
    return 1 - 2 * float(bound[0])


def _wager(plan: BoundedPlan, columns: int) -> Wager:
    """The gate's own bet that a drop of less than the margin is kept; see `tracks.wager_of`."""
    return Wager(np.full(columns, plan.null), 1 / alpha_of(plan.confidence), plan.pairs, plan.margin / 2)
