"""The promises of a gate that may stop early, and how soon it stops.

`python -m tests.statistical.test_early_stopping` prints the table of docs/gate.md.
"""

import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom

from foretell.core.analysis.early import Design, Drawn, JointTest, in_seeded_order, judge_early
from foretell.core.analysis.rules import Evidence
from foretell.core.domain.policy import GatePolicy
from foretell.core.stats.betting import Book, Wager, bet
from foretell.core.stats.rates import wilson_interval
from tests.statistical.test_gate import ALPHA, MARGIN, RATE, World, chances, drawn, most_allowed

pytestmark = pytest.mark.statistical


@dataclass(frozen=True)
class Ended:
    ruling: str
    seen: int


def decide(policy: GatePolicy, world: World, seed: int, *, is_by_stratum: bool = False) -> Ended:
    """One gate that may stop early on simulated cases; `is_by_stratum` draws them as nobody should."""
    rng = np.random.default_rng([world.n, world.repeats, seed])
    old, new = chances(rng, world.n, world.drop)
    if is_by_stratum:  # the drop lies in the stratum that is drawn last
        late = np.arange(world.n) >= world.n // 2
        new = old - np.where(late, 2 * world.drop, 0.0)
    candidate, baseline = (drawn(rng, side, world.repeats, world.unscored) for side in (new, old))
    order = candidate.key if is_by_stratum else in_seeded_order(candidate.key, str(seed))
    design = Design(Evidence("s", candidate.pick(candidate.key[:0]), baseline), order)
    test = JointTest(policy, [design])
    return Ended(judge_early(test, {"s": Drawn(candidate, order)}).ruling, test.seen["s"])


def rulings(policy: GatePolicy, world: World, simulations: int) -> list[str]:
    return [decide(policy, world, seed).ruling for seed in range(simulations)]


def check_both(n: int, repeats: int, simulations: int, unscored: float = 0.0) -> None:
    world = World(n, repeats, MARGIN, unscored)
    shipping = GatePolicy("g", ("s",), at_least=0.2, may_drop=MARGIN, stop_early=True)
    shipped = rulings(shipping, world, simulations).count("ship")
    assert shipped <= most_allowed(simulations), f"{shipped} of {simulations} shipped a drop equal to the margin"
    at_limits = GatePolicy("g", ("s",), RATE - MARGIN, MARGIN, modes={"leak": 0.02}, stop_early=True)
    held = rulings(at_limits, world, simulations).count("hold")
    assert held <= most_allowed(simulations), f"{held} of {simulations} were held with every rule at its limit"


@pytest.mark.parametrize(("n", "repeats", "unscored"), [(40, 1, 0.0), (120, 3, 0.05)])
def test_errs_on_neither_side_more_often_than_alpha(n: int, repeats: int, unscored: float) -> None:
    check_both(n, repeats, 30, unscored)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("repeats", [1, 2, 3])
@pytest.mark.parametrize("n", [30, 120, 500])
def test_errs_on_neither_side_over_the_whole_range(n: int, repeats: int) -> None:
    check_both(n, repeats, 200 if n < 500 else 80, unscored=0.05 if repeats == 1 else 0.0)


def test_stratum_by_stratum_would_ship_a_drop_which_is_why_the_order_is_random() -> None:
    policy = GatePolicy("g", ("s",), at_least=0.1, may_drop=MARGIN, stop_early=True)
    world = World(300, 1, MARGIN)
    wrong = sum(decide(policy, world, seed, is_by_stratum=True).ruling == "ship" for seed in range(20))
    assert wrong > most_allowed(20)
    key = np.arange(300)
    order = in_seeded_order(key, "a")
    assert sorted(order.tolist()) == key.tolist()
    assert 100 < sum(later < earlier for earlier, later in pairwise(order.tolist())) < 200


@dataclass(frozen=True)
class Race:
    """One comparison with single answers: the cases there are, the margin, the discordance, the true change."""

    change: float
    horizon: int = 1400
    margin: float = 0.05
    discordance: float = 0.2

    def run(self, simulations: int, claim: str) -> tuple[np.ndarray, np.ndarray]:
        """How many pairs each simulated test saw, and whether it ended with the claim (`ship` or `hold`)."""
        rng = np.random.default_rng([simulations, round(1000 * (1 + self.change))])
        up, down = (self.discordance + self.change) / 2, (self.discordance - self.change) / 2
        sign, shift = (1, 1.0) if claim == "ship" else (-1, 1.5)
        null = np.full(simulations, (1 - sign * self.margin) / 2)
        wager = Wager(null, 1 / ALPHA, self.horizon, shift * self.margin / 2)
        book, seen = Book.at_start(simulations), np.full(simulations, self.horizon)
        is_open = np.ones(simulations, np.bool_)
        for number in range(1, self.horizon + 1):
            draw = rng.random(simulations)
            values = np.where(draw < up, 1.0, np.where(draw < up + down, 0.0, 0.5))
            book = bet(book, values if sign > 0 else 1 - values, wager)
            ends = is_open & (book.peak >= -np.log(ALPHA))
            seen[ends], is_open = number, is_open & ~ends
            if not is_open.any():
                break
        return seen, ~is_open


REFERENCE = {0.0: 581, 0.05: 174, -0.10: 589, -0.15: 138, -0.20: 66}


@pytest.mark.parametrize("change", REFERENCE)
def test_stops_sooner_than_the_reference(change: float) -> None:
    """One-sided betting with aGRAPA stakes, 5 points of margin, discordance 20 %: the mean numbers of pairs."""
    seen, ended = Race(change).run(500, "ship" if change > -0.05 else "hold")
    assert seen.mean() < REFERENCE[change] + 2 * seen.std() / np.sqrt(len(seen))
    assert ended.mean() > 0.96


@pytest.mark.parametrize("claim", ["ship", "hold"])
def test_at_the_margin_either_claim_is_wrong_in_few_cases(claim: str) -> None:
    _, wrong = Race(-0.05, horizon=600).run(1000, claim)
    assert wrong.sum() <= binom.ppf(0.999, 1000, ALPHA)


def print_table(simulations: int = 4000) -> None:
    """How soon, and how often rightly or wrongly, with Monte-Carlo intervals."""
    for change in (*REFERENCE, -0.05):
        for claim in ("ship", "hold") if change == -0.05 else ("ship" if change > -0.05 else "hold",):
            seen, ended = Race(change).run(simulations, claim)
            half, share = 1.96 * seen.std() / np.sqrt(simulations), wilson_interval(int(ended.sum()), simulations)
            told = f"{ended.mean():.1%} [{share.low:.1%}, {share.high:.1%}]"
            sys.stdout.write(f"{change:+.2f} {claim}: {seen.mean():.0f} ± {half:.0f}, {told}\n")


if __name__ == "__main__":
    print_table()
