"""The promises on weighted samples: a system exactly at its limit, in the population that the weights describe.

Half of the sample are rare cases that were drawn at a higher chance and weigh little, as after `--each`; they succeed
otherwise than the common ones, so that a rule that counts each case once is wrong. `python -m
tests.statistical.test_weighted` prints the table of docs/simulations.md.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.early import Design, Drawn, JointTest, in_seeded_order, judge_early
from foretell.core.analysis.rules import Claim, Evidence, contests_of
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.weights import Weights, fold_weights
from foretell.core.domain.policy import GatePolicy
from foretell.core.stats.betting import Wager, highest_log_wealth
from foretell.core.stats.rates import wilson_interval
from tests.statistical.simulation import at_least

pytestmark = pytest.mark.statistical

ALPHA = 0.05
MARGIN = 0.10
RARE, COMMON = (0.95, 0.85), (0.75, 0.65)  # success of baseline and candidate; the candidate is truly ten points worse
RATIOS = (1.0, 3.0, 9.0, 30.0)


def drawn(rng: np.random.Generator, n: int, ratio: float, repeats: int = 1) -> tuple[Units, Units, Weights | None]:
    """Candidate and baseline on a sample of which half weighs `ratio` times the other half."""
    is_common = rng.random(n) < 0.5
    weights = fold_weights(np.arange(n), np.where(is_common, ratio, 1.0))
    zeros = np.zeros(n, np.int64)
    old, new = (
        Units(
            key=np.arange(n),
            trials=np.full(n, repeats),
            successes=rng.binomial(repeats, np.where(is_common, COMMON[side], RARE[side])),
            unscored=zeros,
            environment=zeros,
            cost=np.zeros(n),
            priced=zeros,
            fired={},
        )
        for side in (0, 1)
    )
    return replace(new, weights=weights), old, weights


def limit_of(ratio: float) -> float:
    """The candidate's true rate in the population."""
    return (ratio * COMMON[1] + RARE[1]) / (ratio + 1)


def policy_of(ratio: float, kind: str) -> GatePolicy:
    if kind == "floor":
        return GatePolicy("g", ("s",), at_least=limit_of(ratio))
    return GatePolicy("g", ("s",), at_least=0.01, may_drop=MARGIN)


def claims(n: int, ratio: float, kind: str, runs: int, *, is_weighted: bool = True) -> list[Claim]:
    """What the rule at its limit is tested on in so many runs."""
    rng = np.random.default_rng([n, round(ratio), runs])
    found: list[Claim] = []
    for _ in range(runs):
        new, old, weights = drawn(rng, n, ratio)
        evidence = Evidence("s", replace(new, weights=weights if is_weighted else None), old)
        found.append([one.claim() for one in contests_of(policy_of(ratio, kind), evidence)][-1])
    return found


def p_values(found: Sequence[Claim], side: str) -> np.ndarray:
    """The p-values of many runs side by side, by the bets of `stats.bounded`."""
    samples = [claim.against_ship if side == "ship" else claim.against_hold for claim in found]
    low, limit = found[0].low, found[0].limit
    weights = np.array([np.ones(len(one)) if one.weights is None else one.weights for one in samples]).T
    unit = (np.array([one.values for one in samples]).T - low) / (1 - low)
    null = (limit - low) / (1 - low)
    bet_on = null + weights / weights.max(axis=0) * (unit - null)
    bet_on, null = (bet_on, null) if side == "ship" else (1 - bet_on, 1 - null)
    return np.exp(-highest_log_wealth(bet_on, Wager(np.full(len(found), null), 1 / ALPHA, len(samples[0]))))


def shares(n: int, ratio: float, kind: str, runs: int, *, is_weighted: bool = True) -> tuple[int, int]:
    """In how many of so many runs the rule at its limit ships, and is held."""
    found = claims(n, ratio, kind, runs, is_weighted=is_weighted)
    shipped, held = (int((p_values(found, side) <= ALPHA).sum()) for side in ("ship", "hold"))
    return shipped, held


@pytest.mark.parametrize("kind", ["floor", "drop"])
def test_the_simulation_bets_as_the_gate_does(kind: str) -> None:
    (claim,) = claims(80, 9.0, kind, 1)
    standard = Unshuffled(1 - ALPHA, 0)
    assert p_values([claim], "ship") == pytest.approx([claim.test_ship(standard).p_value])
    assert p_values([claim], "hold") == pytest.approx([claim.test_hold(standard).p_value])


class Unshuffled(Standard):
    """The order in which cases were drawn, which is random in a simulation."""

    def shuffled(self, values: np.ndarray) -> np.ndarray:
        return values


@pytest.mark.parametrize("kind", ["floor", "drop"])
@pytest.mark.parametrize(("n", "ratio"), [(20, 9.0), (120, 9.0), (120, 30.0)])
def test_neither_error_exceeds_alpha(n: int, ratio: float, kind: str) -> None:
    for wrong in shares(n, ratio, kind, 400):
        assert at_least(wrong, 400) <= ALPHA


def test_counting_each_case_once_would_ship_which_is_why_it_is_not_done() -> None:
    shipped, _ = shares(250, 9.0, "floor", 200, is_weighted=False)
    assert at_least(shipped, 200) > 0.3


def stopped(n: int, ratio: float, kind: str, seed: int) -> str:
    new, old, weights = drawn(np.random.default_rng([n, seed]), n, ratio)
    order = in_seeded_order(new.key, str(seed))
    design = Design(Evidence("s", new.pick(new.key[:0]), old), order)
    assert weights is None or np.array_equal(weights.key, new.key)
    policy = replace(policy_of(ratio, kind), stop_early=True)
    return judge_early(JointTest(policy, [design]), {"s": Drawn(new, order)}).ruling


@pytest.mark.parametrize("kind", ["floor", "drop"])
def test_nor_does_the_test_that_stops_early(kind: str) -> None:
    rulings = [stopped(100, 9.0, kind, seed) for seed in range(40)]
    assert max(at_least(rulings.count(wrong), 40) for wrong in ("ship", "hold")) <= ALPHA


def print_table(runs: int, sizes: Sequence[int] = (20, 60, 120, 250, 500)) -> None:
    for name, place in (("shipped", 0), ("held", 1)):
        for kind in ("floor", "drop"):
            for ratio in RATIOS[1:]:
                cells: list[str] = []
                for n in sizes:
                    wrong = shares(n, ratio, kind, runs)[place]
                    ends = wilson_interval(wrong, runs)
                    cells.append(f"{wrong / runs:.1%} [{ends.low * 100:.1f}, {ends.high * 100:.1f}]")
                sys.stdout.write(f"| {kind}, weights 1 and {ratio:g}, {name} | {' | '.join(cells)} |\n")


if __name__ == "__main__":
    print_table(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
