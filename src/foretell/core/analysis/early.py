"""A gate that may stop early: one anytime-valid test of the joint verdict over whole units in seeded random order.

Every rule is two bets on the same units, one against "at or beyond the limit", one against "within it" (see
`stats.betting`). While its hypothesis is true a bet reaches 1 / alpha at any time with probability at most alpha, so
the gate may look after every unit and stop when it likes. **ship** when every rule's bet has reached 1 / alpha
(intersection-union), **hold** when any rule's has reached m / alpha, m rules together (Bonferroni, Holm's first step).

Units must come in an order that does not depend on their values and is the same for all rules: a set drawn stratum by
stratum, or in the order in which answers happen to arrive, voids the test. Strata are not used here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from foretell.core.analysis.decide import Judged, conclude
from foretell.core.analysis.early_rows import bare_row, whole_rows
from foretell.core.analysis.rules import Evidence, Tested
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.tracks import BETS, Track, tracks_of, values_of, wager_of
from foretell.core.domain.policy import AGAINST_BASELINE, GatePolicy, RuleFinding
from foretell.core.domain.values import seed_of
from foretell.core.ports.findings import Ints
from foretell.core.stats.betting import Book, Wager, bet


def in_seeded_order(keys: Ints, seed: str) -> Ints:
    """Unit keys in the one order in which a gate with this seed draws them."""
    distinct = np.unique(keys)
    return distinct[np.random.default_rng(seed_of("order of units", seed)).permutation(len(distinct))]


@dataclass(frozen=True, slots=True)
class Design:
    """One suite before anything is seen: what its rules are held against, and all of its units in seeded order.

    `sizes` says how many units a rule stands on that does not stand on all, by the name of its measure.
    """

    evidence: Evidence
    order: Ints
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Drawn:
    """The finished units of one suite: those that were drawn first, none missing between them, in seeded order.

    `base` are the units of a baseline that is run beside the candidate, None where the design has it already.
    """

    units: Units
    order: Ints
    base: Units | None = None

    def evidence(self, design: Evidence) -> Evidence:
        """What there is to see of a suite."""
        baseline = design.baseline if self.base is None else self.base
        return replace(design, candidate=self.units, baseline=baseline)


@dataclass
class _Table:
    """The bets on one suite, and what was seen of it."""

    design: Design
    tracks: Sequence[Track]
    wager: Wager
    book: Book
    units: int = 0
    weather: Ints = field(default_factory=lambda: np.zeros((2, 2), np.int64))

    @property
    def environment_share(self) -> float:
        """The largest share of environment failures: of either side of what was seen, or of a baseline from before."""
        shares = [float(spoilt / trials) for spoilt, trials in self.weather if trials]
        return max([*shares, self.design.evidence.environment_share])

    def look(self, drawn: Drawn, key: int) -> None:
        """Count one more unit."""
        self.units += 1
        for side, units in enumerate((drawn.units, drawn.base)):
            if units is not None:
                at = np.searchsorted(units.key, key)
                self.weather[side] += np.array([units.environment[at], units.trials[at]])

    def rows(self) -> list[Tested]:
        """Each rule's p-values so far, without bounds."""
        p_values, counts = np.exp(-self.book.peak).reshape(-1, BETS), self.book.count[::BETS]
        return [
            bare_row(track, tuple(p), int(count)) for track, p, count in zip(self.tracks, p_values, counts, strict=True)
        ]


class JointTest:
    """Sees units one after the other, suite after suite, and says when nothing more needs to be seen."""

    def __init__(self, policy: GatePolicy, designs: Sequence[Design], unseen: Sequence[RuleFinding] = ()) -> None:
        """A test of these suites. `unseen` are rules of others, which count and of which nothing will be known."""
        self._policy = policy
        self._unseen = [Tested(rule, 1.0) for rule in unseen]
        found = [list(tracks_of(policy, design.evidence)) for design in designs]
        rules = sum(len(tracks) for tracks in found) + len(unseen)
        self._tables = {
            design.evidence.suite: _opened(design, tracks, policy.alpha, rules)
            for design, tracks in zip(designs, found, strict=True)
        }
        self._now = self._judge({name: table.rows() for name, table in self._tables.items()})

    @property
    def seen(self) -> dict[str, int]:
        """How many units of each suite were looked at."""
        return {name: table.units for name, table in self._tables.items()}

    @property
    def is_held(self) -> bool:
        """True when the gate holds, whatever else comes."""
        return self._now.ruling == "hold"

    def is_over(self, suite: str) -> bool:
        """True when no further unit of this suite can be needed: the gate holds, or every rule of the suite ships."""
        return self.is_held or {rule.ruling for rule in self._now.rules if rule.suite == suite} == {"ship"}

    def see(self, suite: str, drawn: Drawn) -> None:
        """Look at the next units of a suite until nothing more is needed."""
        table = self._tables[suite]
        tracks = list(tracks_of(self._policy, drawn.evidence(table.design.evidence)))
        for values, key in zip(values_of(tracks, drawn.order), drawn.order.tolist(), strict=True):
            if self.is_over(suite):
                return
            table.book = bet(table.book, values, table.wager)
            table.look(drawn, key)
            self._now = self._judge({name: one.rows() for name, one in self._tables.items()})

    def verdict(self, drawn: Mapping[str, Drawn]) -> Judged:
        """The verdict on what was looked at, every rule with its bounds. `drawn` holds all that was seen, or more."""
        rows: dict[str, list[Tested]] = {}
        for name, table in self._tables.items():
            bare, part = table.rows(), drawn.get(name)
            if part is None or not table.units:
                rows[name] = bare
                continue
            order = part.order[: table.units]
            seen = replace(part, units=part.units.pick(np.sort(order)))
            tracks = list(tracks_of(self._policy, seen.evidence(table.design.evidence)))
            rows[name] = whole_rows(bare, tracks, order, (table.wager, self._policy.alpha))
        return self._judge(rows)

    def _judge(self, rows: Mapping[str, Sequence[Tested]]) -> Judged:
        shares = {name: table.environment_share for name, table in self._tables.items()}
        return conclude(self._policy, [*(row for part in rows.values() for row in part), *self._unseen], shares)


def _opened(design: Design, tracks: Sequence[Track], alpha: float, rules: int) -> _Table:
    planned = [_planned(design, track) for track in tracks]
    return _Table(design, tracks, wager_of(tracks, planned, alpha, rules), Book.at_start(BETS * len(tracks)))


def _planned(design: Design, track: Track) -> int:
    """How many units a rule can see at most."""
    if track.others is not None and len(track.others):
        return int(np.isin(design.order, track.others).sum())
    return design.sizes.get(track.rule.name.removesuffix(AGAINST_BASELINE), len(design.order))


def judge_early(test: JointTest, drawn: Mapping[str, Drawn]) -> Judged:
    """The verdict on the finished units of a gate's suites, in the order of the suites, as it stood when it stopped."""
    for suite, part in drawn.items():
        if not test.is_held:
            test.see(suite, part)
    return test.verdict(drawn)
