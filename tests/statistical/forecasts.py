"""Two forecasts that a verdict prints: how many more cases would decide, and P(ship | no change).

`python -m tests.statistical.forecasts` prints the tables of docs/simulations.md. A world is a pair of systems whose
per-case values are drawn anew for every simulated gate; its p-values are those of the gate's own tests.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.outlook import chance_to_ship
from foretell.core.analysis.rules import Claim, Evidence, contests_of
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.policy import GatePolicy
from foretell.core.stats.rates import wilson_interval
from tests.statistical.promises import p_values

ALPHA = 0.05
STANDARD = Standard(1 - ALPHA, 0)


@dataclass(frozen=True)
class World:
    """So many repeats; the rates of baseline and candidate, which differ on a share `apart` of single answers."""

    repeats: int
    old: float
    new: float
    apart: float

    def draw(self, rng: np.random.Generator, n: int) -> Evidence:
        gained, lost = (self.apart + self.new - self.old) / 2, (self.apart - self.new + self.old) / 2
        shares = (self.old - lost, lost, gained)
        draws = rng.random((n, self.repeats))
        if self.repeats > 1:  # trials of one case resemble each other: half of them are one trial told again
            draws = np.where(rng.random((n, self.repeats)) < 0.5, draws[:, :1], draws)
        both, before = draws < shares[0], draws < shares[0] + shares[1]
        after = both | ((draws >= shares[0] + shares[1]) & (draws < sum(shares)))
        return Evidence("s", *(self._units(side) for side in (after, before)))

    def _units(self, good: np.ndarray) -> Units:
        n, zeros = len(good), np.zeros(len(good), np.int64)
        trials = np.full(n, self.repeats)
        return Units(np.arange(n), trials, good.sum(axis=1), zeros, zeros, np.zeros(n), zeros, {})


def shipped(policy: GatePolicy, of: tuple[World, int], runs: int) -> int:
    """How many of so many fresh gates ship; `of` is the world, and how many cases a gate has."""
    (world, n), rng = of, np.random.default_rng(7)
    claims: list[list[Claim]] = [[one.claim() for one in contests_of(policy, world.draw(rng, n))] for _ in range(runs)]
    ships = [p_values([row[rule] for row in claims])[0] <= ALPHA for rule in range(len(claims[0]))]
    return int(np.logical_and.reduce(ships).sum())


def needed(world: World, policy: GatePolicy, rule: int, n: int) -> int | None:
    """The cases that a verdict names when what it saw are exactly the rates of the world."""
    rng = np.random.default_rng([n, world.repeats, round(1000 * world.new)])
    expected = [world.new, world.new - world.old][rule]
    for _ in range(4000):
        evidence = world.draw(rng, n)
        claim = [one.claim() for one in contests_of(policy, evidence)][rule]
        seen = claim.against_ship.values
        spread = world.draw(np.random.default_rng(1), 20_000)
        wide = [one.claim() for one in contests_of(policy, spread)][rule].against_ship.values
        if abs(seen.mean() - expected) < 0.5 / n / world.repeats and abs(seen.var() / wide.var() - 1) < 0.1:
            break
    else:
        return None
    told = judge_and_tell(policy, [evidence], STANDARD).rules[rule].turned_by
    found = re.search(r"about ([\d,]+) more cases? like these would ship", told)
    return None if found is None else n + int(found[1].replace(",", ""))


FLOOR = GatePolicy("g", ("s",), at_least=0.75)
DROP = GatePolicy("g", ("s",), at_least=0.01, may_drop=0.05)
WORLDS = {
    "floor 75 %, true 80 %, one answer": (World(1, 0.8, 0.8, 0.0), FLOOR, 0),
    "floor 75 %, true 85 %, one answer": (World(1, 0.85, 0.85, 0.0), FLOOR, 0),
    "floor 75 %, true 80 %, three answers": (World(3, 0.8, 0.8, 0.0), FLOOR, 0),
    "floor 75 %, true 85 %, three answers": (World(3, 0.85, 0.85, 0.0), FLOOR, 0),
    "drop of 5 points, none, 10 % apart, one answer": (World(1, 0.8, 0.8, 0.1), DROP, 1),
    "drop of 5 points, none, 20 % apart, one answer": (World(1, 0.8, 0.8, 0.2), DROP, 1),
    "drop of 5 points, none, 10 % apart, three answers": (World(3, 0.8, 0.8, 0.1), DROP, 1),
    "drop of 5 points, none, 20 % apart, three answers": (World(3, 0.8, 0.8, 0.2), DROP, 1),
    "drop of 5 points, 2 lost, 10 % apart, three answers": (World(3, 0.8, 0.78, 0.1), DROP, 1),
    "drop of 5 points, 5 won, 20 % apart, three answers": (World(3, 0.8, 0.85, 0.2), DROP, 1),
}


def _told(hits: int, runs: int) -> str:
    ends = wilson_interval(hits, runs)
    return f"{hits / runs:.1%} [{ends.low * 100:.1f}, {ends.high * 100:.1f}]"


def needs(runs: int, n: int = 40) -> Iterator[str]:
    """Of every world: the cases named, and how often a fresh gate of that size ships."""
    for name, (world, policy, rule) in WORLDS.items():
        size = needed(world, policy, rule, n)
        if size is None:
            yield f"| {name} | not named | |"
            continue
        yield f"| {name} | {size:,} | {_told(shipped(policy, (world, size), runs), runs)} |"


def chances(runs: int, gates: int) -> Iterator[str]:
    """P(ship | no change) as gates print it, beside the share of fresh gates that ship."""
    for n in (60, 200, 500):
        for repeats in (1, 3):
            for apart in (0.05, 0.2):
                world, rng = World(repeats, 0.8, 0.8, apart), np.random.default_rng([n, repeats])
                said = [chance_to_ship(DROP, [world.draw(rng, n)]) or 0.0 for _ in range(gates)]
                low, middle, high = np.quantile(said, (0.1, 0.5, 0.9))
                true = shipped(DROP, (world, n), runs)
                yield (
                    f"| {n} | {repeats} | {apart:.0%} | {np.mean(said):.0%} "
                    f"({low:.0%}, {middle:.0%}, {high:.0%}) | {_told(true, runs)} |"
                )


if __name__ == "__main__":
    RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for line in (*needs(RUNS), *chances(RUNS, 30)):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
