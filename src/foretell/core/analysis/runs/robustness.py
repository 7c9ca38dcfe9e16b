"""Robustness: neighbours of cases beside their originals, paired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.rates import estimate_of, share_estimate
from foretell.core.domain.cases import Case
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.values import key_of
from foretell.core.ports.findings import Floats
from foretell.core.stats.clusters import case_means, clustered_mean


@dataclass(frozen=True, slots=True)
class Robustness:
    """One rule's neighbours: their success, that of their originals, and the paired difference."""

    rule: str
    neighbours: Estimate
    originals: Estimate
    difference: Estimate


def robustness(units: Units, cases: Sequence[Case]) -> tuple[Robustness, ...]:
    """Neighbours against originals, all rules together first, then each. Empty for a set without neighbours.

    An original with several neighbours is one cluster. Pairs with an unscored side are left out, and not in n.
    """
    varied = [(case, origin) for case in cases if isinstance(origin := case.metadata.get("varied_from"), str)]
    if not varied:  # a table of all units would be for nothing
        return ()
    rates = dict(zip(units.key.tolist(), units.rate("scored").tolist(), strict=True))
    pairs: dict[str, list[tuple[int, float, float]]] = {}
    for case, origin in varied:
        new, old = rates.get(key_of(case.id), np.nan), rates.get(key_of(origin), np.nan)
        if not (np.isnan(new) or np.isnan(old)):
            pairs.setdefault(str(case.metadata.get("rule", "other")), []).append((key_of(origin), new, old))
    if not pairs:
        return ()
    every = [one for some in pairs.values() for one in some]
    groups: Mapping[str, list[tuple[int, float, float]]] = {"all": every, **pairs}
    return tuple(_of(rule, some) for rule, some in groups.items())


def _of(rule: str, pairs: Sequence[tuple[int, float, float]]) -> Robustness:
    origin, new, old = (np.array(column, np.float64) for column in zip(*pairs, strict=True))
    _, clusters = np.unique(origin, return_inverse=True)

    def means(values: Floats) -> Floats:
        return case_means(values, clusters).means

    difference = clustered_mean(means(new - old), bounds=None)
    return Robustness(
        rule,
        share_estimate(means(new), is_single=False),
        share_estimate(means(old), is_single=False),
        estimate_of(difference, "case"),
    )
