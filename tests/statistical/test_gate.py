"""The promises of the gate as a whole: P(ship | a rule at its limit) and P(hold | all within) are at most alpha.

The small form keeps the cells cheap; `make test-full` runs more of them, and `test_promises` every kind of rule. A
share of simulations is compared with the upper 99.9 % point of a binomial at alpha, so that a true rate of alpha fails
once in a thousand cells.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.decide import judge
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.domain.policy import GatePolicy

ALPHA = 0.05
MARGIN = 0.10
EASY, HARD = 0.9, 0.4  # two kinds of cases: trials of one case resemble each other
RATE = (EASY + HARD) / 2

pytestmark = pytest.mark.statistical


def drawn(rng: np.random.Generator, chances: np.ndarray, repeats: int, unscored: float = 0.0) -> Units:
    """Units of one system: so many trials per case, each lost to a fault of ours with some chance."""
    n = len(chances)
    lost = rng.binomial(repeats, unscored, n)
    zeros = np.zeros(n, np.int64)
    return Units(
        key=np.arange(n),
        trials=np.full(n, repeats),
        successes=rng.binomial(repeats - lost, chances),
        unscored=lost,
        environment=zeros,
        cost=np.zeros(n),
        priced=zeros,
        fired={"leak": rng.binomial(repeats - lost, 0.02, n)},
    )


def chances(rng: np.random.Generator, n: int, drop: float) -> tuple[np.ndarray, np.ndarray]:
    """What each case's baseline and candidate succeed with: cases drawn from the population, the candidate lower."""
    old = np.where(rng.random(n) < 0.5, EASY, HARD)
    return old, old - drop


@dataclass(frozen=True)
class World:
    """What is simulated: so many cases and repeats, the candidate's true drop, the share of trials left unscored."""

    n: int
    repeats: int
    drop: float
    unscored: float = 0.0


def rulings(policy: GatePolicy, world: World, simulations: int) -> list[str]:
    rng = np.random.default_rng([world.n, world.repeats, simulations])
    found: list[str] = []
    for seed in range(simulations):
        old, new = chances(rng, world.n, world.drop)
        sides = [drawn(rng, side, world.repeats, world.unscored) for side in (new, old)]
        evidence = Evidence("s", *sides)
        found.append(judge(policy, [evidence], Standard(1 - ALPHA, seed)).ruling)
    return found


def most_allowed(simulations: int) -> int:
    return int(binom.ppf(0.999, simulations, ALPHA))


def check_ship(n: int, repeats: int, simulations: int, unscored: float = 0.0) -> None:
    policy = GatePolicy("g", ("s",), at_least=0.2, may_drop=MARGIN)
    shipped = rulings(policy, World(n, repeats, MARGIN, unscored), simulations).count("ship")
    assert shipped <= most_allowed(simulations), f"{shipped} of {simulations} shipped a drop equal to the margin"


def check_hold(n: int, repeats: int, simulations: int, unscored: float = 0.0) -> None:
    """Several rules, each exactly at its limit."""
    policy = GatePolicy("g", ("s",), at_least=RATE - MARGIN, may_drop=MARGIN, modes={"leak": 0.02})
    held = rulings(policy, World(n, repeats, MARGIN, unscored), simulations).count("hold")
    assert held <= most_allowed(simulations), f"{held} of {simulations} were held with every rule within its limit"


@pytest.mark.parametrize(("n", "repeats"), [(10, 1), (10, 3), (40, 1), (40, 2)])
def test_ships_wrongly_at_most_alpha(n: int, repeats: int) -> None:
    check_ship(n, repeats, 60)


@pytest.mark.parametrize(("n", "repeats"), [(10, 1), (10, 3), (40, 1), (40, 2)])
def test_holds_wrongly_at_most_alpha(n: int, repeats: int) -> None:
    check_hold(n, repeats, 60)


def test_unscored_trials_do_not_raise_either_error() -> None:
    check_ship(40, 1, 60, unscored=0.05)


def test_no_change_ships_when_the_set_is_large_enough() -> None:
    policy = GatePolicy("g", ("s",), at_least=0.2, may_drop=MARGIN)
    shipped = rulings(policy, World(300, 1, 0.0), 15).count("ship")
    assert shipped >= binom.ppf(0.001, 15, 0.75)


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("n", [10, 60, 250])
def test_both_errors_over_the_range(n: int, repeats: int) -> None:
    simulations = 100 if n < 250 else 60
    check_ship(n, repeats, simulations, unscored=0.05 if repeats == 1 else 0.0)
    check_hold(n, repeats, simulations)
