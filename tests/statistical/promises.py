"""How often a gate ships a candidate that is exactly at a limit, and holds one that keeps every limit.

`python -m tests.statistical.promises` simulates every kind of rule at every size and writes docs/simulations.md anew.
Each decision is drawn from the measures that the gate itself reads off a run, and its p-values are those of the gate's
own tests; a thousand decisions are computed side by side, so the bounds that a verdict shows are left out.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretell.core.analysis.claims import pair_counts
from foretell.core.analysis.rules import Claim, Evidence, contests_of
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.measure import Measure
from foretell.core.domain.policy import Demand, GatePolicy
from foretell.core.stats import paired_exact, rates
from foretell.core.stats.betting import Wager, highest_log_wealth
from foretell.core.stats.correction import holm_adjusted
from foretell.core.stats.rates import wilson_interval

ALPHA = 0.05
MARGIN = 0.10
SIZES = (10, 30, 60, 120, 250, 500)
REPEATS = (1, 2, 3, 4)
KINDS = ("floor", "drop", "losses only", "slice", "latency", "metric", "failure mode")
PAGE = Path(__file__).parents[2] / "docs" / "simulations.md"
START, END = "<!-- promises -->", "<!-- /promises -->"


@dataclass(frozen=True)
class World:
    """So many cases and repeats; the share of trials that stay unscored for a fault of ours."""

    n: int
    repeats: int
    unscored: float = 0.0


def policy_of(kinds: Sequence[str]) -> GatePolicy:
    """A gate with these rules, each limit exactly where the candidate of `evidence_of` truly is."""
    drop = "drop" in kinds or "losses only" in kinds
    return GatePolicy(
        "g",
        ("s",),
        at_least=0.7 if "floor" in kinds else 0.01,
        may_drop=MARGIN if drop else None,
        modes={"leak": 0.05} if "failure mode" in kinds else {},
        slices={"language=de": Demand(at_least=0.7)} if "slice" in kinds else {},
        latency={"8s": Demand(at_least=0.9)} if "latency" in kinds else {},
        metrics={"similarity": Demand(may_drop=MARGIN)} if "metric" in kinds else {},
    )


def evidence_of(rng: np.random.Generator, world: World, *, is_losses_only: bool = False) -> Evidence:
    """A baseline that succeeds in 80 % and a candidate in 70 %: cases differ, and trials of one resemble each other."""
    n, repeats = world.n, world.repeats
    old = np.where(rng.random(n) < 0.5, 0.95, 0.65)
    if is_losses_only:  # what succeeds does so always, and an eighth of it is lost for good: the least discordance
        old = (rng.random(n) < 0.8).astype(float)
        new = old * (rng.random(n) >= MARGIN / 0.8)
    else:
        new = old - MARGIN
    lost = [rng.binomial(repeats, world.unscored, n) for _ in range(2)]
    sides = [
        Units(
            key=np.arange(n),
            trials=np.full(n, repeats),
            successes=rng.binomial(repeats - gone, chance),
            unscored=gone,
            environment=np.zeros(n, np.int64),
            cost=np.zeros(n),
            priced=np.zeros(n, np.int64),
            fired={"leak": rng.binomial(repeats - gone, np.where(rng.random(n) < 0.5, 0.1, 0.0))},
            measures=measures,
        )
        for chance, gone, measures in zip((new, old), lost, _measures(rng, world, lost), strict=True)
    ]
    return Evidence("s", *sides)


def _measures(rng: np.random.Generator, world: World, lost: Sequence[np.ndarray]) -> Iterator[dict[str, Measure]]:
    """A slice of its own 70 %, answers of which 90 % are in time, and a score of mean 0.45 after 0.55."""
    n, repeats = world.n, world.repeats
    keys, nothing = np.arange(n), np.zeros(n, np.int64)
    shift = rng.beta(2, 2, n) * 0.4
    for side, gone in enumerate(lost):
        number = repeats - gone
        chance = np.where(rng.random(n) < 0.5, 0.9, 0.5)
        slow = np.where(rng.random(n) < 0.25, 0.4, 0.0)
        noise = rng.random((n, repeats)).cumsum(axis=1)
        noise = np.where(number > 0, np.take_along_axis(noise, np.maximum(number, 1)[:, None] - 1, 1)[:, 0], 0.0)
        score = number * (shift + MARGIN * side) + 0.5 * noise
        yield {
            "slice language=de": Measure(keys, rng.binomial(number, chance).astype(float), number, gone, nothing),
            "latency within 8s": Measure(keys, rng.binomial(number, 1 - slow).astype(float), number, gone, nothing),
            "metric similarity": Measure(keys, score, number, gone, nothing, is_binary=False),
        }


def decisions(kinds: Sequence[str], world: World, runs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Which of so many decisions of a gate with these rules at their limits ship, and which hold."""
    rng = np.random.default_rng([world.n, world.repeats, runs, seed])
    policy, claims = policy_of(kinds), list[list[Claim]]()
    for _ in range(runs):
        evidence = evidence_of(rng, world, is_losses_only="losses only" in kinds)
        claims.append([contest.claim() for contest in contests_of(policy, evidence)])
    ship, hold = zip(*(p_values([row[rule] for row in claims]) for rule in range(len(claims[0]))), strict=True)
    held = np.array([holm_adjusted(row).min() <= ALPHA for row in np.array(hold).T])
    return (np.array(ship) <= ALPHA).all(axis=0) & ~held, held


def p_values(claims: Sequence[Claim]) -> tuple[np.ndarray, np.ndarray]:
    """The p-values of one rule in many decisions, against "at or beyond the limit" and "within it"."""
    first = claims[0]
    if not all(claim.against_ship.is_counted for claim in claims):
        low = first.low
        null = (first.limit - low) / (1 - low)
        ship = (np.array([claim.against_ship.values for claim in claims]).T - low) / (1 - low)
        hold = 1 - (np.array([claim.against_hold.values for claim in claims]).T - low) / (1 - low)
        return _betting(ship, null), _betting(hold, 1 - null)
    if first.is_comparison:
        known: dict[object, float] = {}

        def exact(values: np.ndarray, *, is_ship: bool) -> float:
            counts = pair_counts(values)
            test = paired_exact.p_above if is_ship else paired_exact.p_below
            if (counts, is_ship) not in known:
                known[counts, is_ship] = test(counts, first.limit)
            return known[counts, is_ship]

        ships = [exact(claim.against_ship.values, is_ship=True) for claim in claims]
        return np.array(ships), np.array([exact(claim.against_hold.values, is_ship=False) for claim in claims])
    n = len(first.against_ship)
    ships = [rates.check_above(round(claim.against_ship.values.sum()), n, first.limit).p_value for claim in claims]
    holds = [rates.check_below(round(claim.against_hold.values.sum()), n, first.limit).p_value for claim in claims]
    return np.array(ships), np.array(holds)


def _betting(unit: np.ndarray, null: float) -> np.ndarray:
    wager = Wager(np.full(unit.shape[1], null), 1 / ALPHA, unit.shape[0])
    return np.exp(-highest_log_wealth(unit, wager))


def table(runs: int) -> Iterator[str]:
    """The page's own part: for every kind of rule and every size the worst of 1 to 4 repeats."""
    yield f"Written by `python -m tests.statistical.promises {runs}`: {runs:,} decisions in each of the cells."
    yield ""
    heads = " | ".join(f"n = {n}" for n in SIZES)
    for title, kinds, at in (
        ("Shipped although the rule is exactly at its limit", [(kind,) for kind in KINDS], 0),
        ("Held although every rule keeps its limit", [tuple(kind for kind in KINDS if kind != "losses only")], 1),
    ):
        yield f"**{title}** (promised: at most {ALPHA:.0%}), the largest share of 1, 2, 3 and 4 repeats [95 %]"
        yield ""
        yield f"| rule | {heads} |"
        yield f"|---|{'--:|' * len(SIZES)}"
        for some in kinds:
            for unscored in (0.0, 0.05):
                name = "all of them at once" if at else some[0]
                yield f"| {name}{', 5 % unscored' if unscored else ''} | {_cells(some, at, unscored, runs)} |"
        yield ""


def _cells(kinds: Sequence[str], at: int, unscored: float, runs: int) -> str:
    cells: list[str] = []
    for n in SIZES:
        hits = max(int(decisions(kinds, World(n, repeats, unscored), runs)[at].sum()) for repeats in REPEATS)
        ends = wilson_interval(hits, runs)
        cells.append(f"{hits / runs:.1%} [{ends.low * 100:.1f}, {ends.high * 100:.1f}]")
    return " | ".join(cells)


def write(runs: int) -> None:
    """Put the tables between their marks on the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    found = "\n".join(table(runs))
    PAGE.write_text(f"{before}{START}\n\n{found}\n{END}{after}", encoding="utf-8")
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    write(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
