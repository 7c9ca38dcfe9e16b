"""Steps that fail together more often than chance would have it."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from foretell.core.analysis.runs.step_table import StepName, StepTable
from foretell.core.stats.correction import holm_adjusted
from foretell.core.stats.overlap import overlap_p

MOST = 10


@dataclass(frozen=True, slots=True)
class StepPair:
    """Two steps that failed in the same traces. `expected` is how often they would if they had nothing to do with each
    other, `p_value` Fisher's exact one-sided test of that, after Holm's correction for all pairs.
    """

    first: StepName
    second: StepName
    together: int
    expected: float
    p_value: float


def find_pairs(table: StepTable) -> tuple[StepPair, ...]:
    """The pairs that failed together at least twice and more often than expected, the least likely first.

    Counts traces: with several of one case the test takes for independent what is alike, and says too much.
    """
    found: list[StepPair] = []
    for first, second in combinations(range(len(table.steps)), 2):
        both = (table.went[:, first] >= 0) & (table.went[:, second] >= 0)
        one, other = table.went[both, first] == 0, table.went[both, second] == 0
        together, number = int((one & other).sum()), int(both.sum())
        expected = float(one.sum() * other.sum() / number) if number else 0.0
        if together >= 2 and together > expected:
            tail = overlap_p(together, int(one.sum()), int(other.sum()), number)
            found.append(StepPair(table.steps[first], table.steps[second], together, expected, tail))
    if not found:
        return ()
    tests = len(table.steps) * (len(table.steps) - 1) // 2
    untested = np.ones(tests - len(found))
    adjusted = holm_adjusted([*(pair.p_value for pair in found), *untested])
    named = [
        StepPair(pair.first, pair.second, pair.together, pair.expected, float(adjusted[place]))
        for place, pair in enumerate(found)
    ]
    return tuple(sorted(named, key=lambda pair: (pair.p_value, -pair.together))[:MOST])
