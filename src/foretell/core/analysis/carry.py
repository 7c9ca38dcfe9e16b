"""What a gate that may stop early has seen, as its decision record carries it, and read again.

A record outlives the store in which the runs are: the next attempt goes on from it, and whoever checks the decision
computes it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from foretell.core.analysis.early import Design, Drawn
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.weights import Weights
from foretell.core.domain.policy import SeenSuite, SeenUnits
from foretell.core.errors import BadInput
from foretell.core.ports.findings import Floats, Ints

_COUNTS = ("key", "trials", "successes", "unscored", "environment", "priced")
_OF_MEASURE = ("key", "number", "missing", "environment")


def carry(design: Design, drawn: Drawn) -> SeenSuite:
    """One suite: the order of its units, those that are whole, and what they are held against."""
    beside = drawn.base
    sides = {"candidate": drawn.units, "baseline": beside or design.evidence.baseline, "anchor": design.evidence.anchor}
    written = {
        name: write_units(_within(units, design.order if name != "candidate" and beside is None else drawn.order))
        for name, units in sides.items()
        if units is not None
    }
    return SeenSuite(design.evidence.suite, _text(design.order), written, dict(design.sizes), beside is not None)


def uncarry(seen: SeenSuite) -> tuple[Design, Drawn]:
    """A suite as it was before anything was seen, and what was."""
    sides = {name: read_units(units) for name, units in seen.sides.items()}
    units, order = sides["candidate"], _ints(seen.order)
    nothing = units.pick(units.key[:0])
    base = sides.get("baseline")
    evidence = Evidence(seen.suite, nothing, nothing if seen.is_beside else base, sides.get("anchor"))
    whole = order[np.isin(order, units.key)]
    return Design(evidence, order, seen.sizes), Drawn(units, whole, base if seen.is_beside else None)


def _within(units: Units, keys: Ints) -> Units:
    return units.pick(units.key[np.isin(units.key, keys)])


def write_units(units: Units) -> SeenUnits:
    """Units as columns of numbers."""
    columns = {name: _text(getattr(units, name)) for name in (*_COUNTS, "cost")}
    columns |= {f"mode {name}": _text(counts) for name, counts in units.fired.items()}
    weights = units.weights
    if weights is not None:
        columns |= {"weight": _text(weights.shares(units.key) * weights.largest)}
    measures = {name: _columns_of(measure) for name, measure in units.measures.items()}
    return SeenUnits(units.unit, columns, measures, None if weights is None else weights.largest)


def read_units(seen: SeenUnits) -> Units:
    """Such columns as units."""
    columns = seen.columns
    counts: dict[str, Any] = {name: _ints(columns[name]) for name in _COUNTS}
    weights = None
    if seen.largest_weight is not None:
        weights = Weights(counts["key"], _floats(columns["weight"]), seen.largest_weight)
    return Units(
        **counts,
        cost=_floats(columns["cost"]),
        fired={name[5:]: _ints(text) for name, text in columns.items() if name.startswith("mode ")},
        measures={name: _measure_in(part) for name, part in seen.measures.items()},
        unit=seen.unit,
        weights=weights,
    )


def joined(units: Units, carried: Units) -> Units:
    """Units of a run with those that an earlier attempt carried over, which go before."""
    new = _within(units, np.setdiff1d(units.key, carried.key))
    order = np.argsort(np.concatenate([new.key, carried.key]))

    def both(name: str) -> Any:
        return np.concatenate([getattr(new, name), getattr(carried, name)])[order]

    nothing = np.zeros(len(new), np.int64)
    return replace(
        units,
        **{name: both(name) for name in (*_COUNTS, "cost")},
        fired={
            name: np.concatenate([new.fired.get(name, nothing), counts])[order]
            for name, counts in carried.fired.items()
        },
        measures={
            name: _joined_measures(new.measures.get(name, Measure.none()), measure)
            for name, measure in carried.measures.items()
        },
    )


def _joined_measures(new: Measure, carried: Measure) -> Measure:
    order = np.argsort(np.concatenate([new.key, carried.key]))
    names = (*_OF_MEASURE, "good")
    both: dict[str, Any] = {name: np.concatenate([getattr(new, name), getattr(carried, name)])[order] for name in names}
    return replace(carried, **both, stray=carried.stray if new.stray is None else new.stray)


def _columns_of(measure: Measure) -> dict[str, str]:
    columns = {name: _text(getattr(measure, name)) for name in (*_OF_MEASURE, "good")}
    stray = "" if measure.stray is None else repr(measure.stray)
    return {**columns, "is_binary": str(int(measure.is_binary)), "stray": stray}


def _measure_in(columns: Mapping[str, str]) -> Measure:
    counts: dict[str, Any] = {name: _ints(columns[name]) for name in _OF_MEASURE}
    stray = _floats(columns["stray"])
    return Measure(
        **counts,
        good=_floats(columns["good"]),
        is_binary=columns["is_binary"] == "1",
        stray=float(stray[0]) if len(stray) else None,
    )


def _text(numbers: Any) -> str:
    found: Iterable[Any] = np.asarray(numbers).tolist()
    return " ".join(repr(one) for one in found)


def _ints(text: str) -> Ints:
    return np.array(_parsed(text, int), np.int64)


def _floats(text: str) -> Floats:
    return np.array(_parsed(text, float), np.float64)


def _parsed(text: str, kind: type[int] | type[float]) -> list[float]:
    try:
        return [kind(one) for one in text.split()]
    except ValueError as error:
        raise BadInput.of("decision record", f"a column of what was seen holds no numbers: {error}.") from error
