"""How long to simulate, and when a simulated share contradicts a promise.

The small form runs with every test run; FORETELL_FULL_SIMULATION=1 draws twenty times as much.
"""

import os

from scipy import special

SCALE = 20 if os.environ.get("FORETELL_FULL_SIMULATION") else 1
# A promise that holds exactly is called broken in one of ten thousand comparisons.
_DOUBT = 1e-4


def at_least(hits: int, runs: int) -> float:
    """The share that `hits` of `runs` surely stand for: the lower end of its own exact interval."""
    return float(special.betaincinv(hits, runs - hits + 1, _DOUBT)) if hits else 0.0


def at_most(hits: int, runs: int) -> float:
    """The share that `hits` of `runs` surely do not exceed."""
    return 1 - at_least(runs - hits, runs)
