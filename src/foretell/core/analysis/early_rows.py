"""The rows of a gate that may stop early: p-values and bounds that hold at every time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from foretell.core.analysis.claims import FEWEST_PAIRS
from foretell.core.analysis.rules import Tested, unruled
from foretell.core.analysis.tracks import BETS, Track, values_of
from foretell.core.ports.findings import Floats, Ints
from foretell.core.stats.anytime import METHOD, lower_bounds
from foretell.core.stats.betting import Wager
from foretell.core.stats.bounded import effective_size


def bare_row(track: Track, p_values: Sequence[float], n: int) -> Tested:
    """A rule with its p-values to ship, to hold, to hold in fair weather, and nothing else."""
    ship, hold, fair = (1.0, 1.0, 1.0) if n < FEWEST_PAIRS else p_values
    method = METHOD if n else "none"
    finding = replace(unruled(track.rule, n), method=method, p_ship=float(ship), p_hold=float(hold))
    return Tested(finding, float(fair))


def whole_rows(bare: Sequence[Tested], tracks: Sequence[Track], order: Ints, bets: tuple[Wager, float]) -> list[Tested]:
    """The rows with estimates and bounds. `order` is that of drawing, `bets` are those that were made, with alpha."""
    wager, alpha = bets
    paired = [number for number, track in enumerate(tracks) if track.rule.is_comparison]
    # What a comparison could have seen: the bound on the same differences when they are balanced around none.
    balanced = [tracks[number].balanced for number in paired]
    values = np.concatenate([values_of(tracks, order), values_of(balanced, order)[:, ::BETS]], axis=1)
    columns = [*range(len(tracks) * BETS), *(BETS * number for number in paired)]
    weights = tracks[0].weights
    bounds = lower_bounds(values, _picked(wager, columns), alpha, None if weights is None else weights.shares(order))
    blind = dict(zip(paired, bounds[len(tracks) * BETS :], strict=True))
    return [
        _whole(row, track, bounds[BETS * number : BETS * (number + 1)], blind.get(number))
        for number, (row, track) in enumerate(zip(bare, tracks, strict=True))
    ]


def _picked(wager: Wager, columns: Sequence[int]) -> Wager:
    parts = (wager.nulls, wager.target, wager.horizon, wager.expected)
    return Wager(*(np.asarray(part)[columns] for part in parts))


def _whole(row: Tested, track: Track, bounds: Floats, blind: float | None) -> Tested:
    if not len(track.key):
        return row
    kept, shares = ~np.isnan(track.scored), track.shares
    good, bad = track.shown(float(bounds[0])), track.shown(1 - float(bounds[1]))
    estimate = track.rule.shown(float(np.average(track.scored[kept], weights=shares[kept]))) if kept.any() else None
    seen = None if estimate is None else abs(estimate - good)
    unscored = int(track.unscored.sum())
    finding = replace(
        row.finding,
        estimate=estimate,
        low=min(good, bad),
        high=max(good, bad),
        method=METHOD if track.weights is None else f"{METHOD}, weighted (effective n = {effective_size(shares):.4g})",
        smallest_visible=seen if blind is None else abs(track.rule.shown(1 - 2 * float(blind))),
        note=f"{unscored} unscored trials, read against the ruling" if unscored else "",
    )
    return replace(row, finding=finding)
