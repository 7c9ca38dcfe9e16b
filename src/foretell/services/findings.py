"""What stored runs say: columns and units of a run, ready for analysis."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.analysis.runs.compare import compare
from foretell.core.analysis.runs.cost import CostFinding, find_cost
from foretell.core.analysis.runs.failures import rank_failures
from foretell.core.analysis.runs.rates import reliability, success_rate, tally
from foretell.core.analysis.runs.reading import ComparisonReport, FailureReport, RunSummary
from foretell.core.analysis.runs.robustness import robustness
from foretell.core.analysis.runs.weights import weights_of
from foretell.core.domain.runs import Run
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, ConfigurationError, Problem, suggest
from foretell.core.ports.facts import RunsWanted, TrialRow
from foretell.core.ports.findings import Ints, TrialColumns, TrialQuery
from foretell.services.house import House
from foretell.services.run import find_run
from foretell.services.steps import read_origins

MOST_NAMED = 1000
"""Cases that a comparison names; their numbers are always whole."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run with its trials as columns and folded to units."""

    run: Run
    columns: TrialColumns
    units: Units


async def load(house: House, run: Run, modes: Iterable[str] = ()) -> Loaded:
    """A run's columns and units; `modes` names the failure modes whose occurrences are wanted with them."""
    columns = await house.store.findings.columns(run.id)
    fired = {mode: await house.store.findings.occurrences(run.id, mode) for mode in modes}
    units = fold(columns, fired)
    if run.is_weighted:
        cases = (await house.store.findings.cases(run.id)).values()
        units = replace(units, weights=weights_of(cases, columns))
    return Loaded(run, columns, units)


async def summarise(house: House, run: Run) -> RunSummary:
    """The headline of a run."""
    loaded = await load(house, run)
    counts = tally(loaded.units)
    missing = run.planned - counts.trials
    cases = tuple((await house.store.findings.cases(run.id)).values()) if run.has_neighbours else ()
    success = success_rate(loaded.units)
    return RunSummary(run, counts, success, reliability(loaded.units), missing, robustness(loaded.units, cases))


async def failures(house: House, reference: str, examples: int = 3) -> FailureReport:
    """What failed in a run, ranked by cost.

    Raises:
        BadInput: no such run.
    """
    run = await find_run(house, reference)
    loaded = await load(house, run)
    names = [name for name in loaded.columns.modes if name]
    counts = {name: len((await house.store.findings.occurrences(run.id, name))[0]) for name in names}
    modes = rank_failures(loaded.columns, loaded.units, run.modes, counts)
    shown = {
        one.mode.name: tuple(
            await house.store.findings.page(TrialQuery(run.id, "failure", one.mode.name, limit=examples))
        )
        for one in modes
    }
    unscored = await house.store.findings.page(TrialQuery(run.id, "unscored", limit=examples))
    origins = await read_origins(house, run, loaded.columns)
    success = success_rate(loaded.units)
    return FailureReport(run, tally(loaded.units), success, modes, shown, tuple(unscored), origins)


async def cost(house: House, reference: str, *, unknown_as_zero: bool | None = None) -> list[tuple[Run, CostFinding]]:
    """The cost of a run, and of the runs that were its alternatives.

    Raises:
        BadInput: no such run.
    """
    run = await find_run(house, reference)
    zero = house.project.unknown_cost == "zero" if unknown_as_zero is None else unknown_as_zero
    beside = [one for one in await _started_with(house, run) if one.suite == run.suite and one.id != run.id]
    found: list[tuple[Run, CostFinding]] = []
    for one in (run, *beside):
        loaded = await load(house, one)
        found.append((one, find_cost(loaded.columns, loaded.units, unknown_as_zero=zero)))
    return found


async def find_group(house: House, reference: str) -> list[list[Run]]:
    """A run and all that were started with it, suite by suite.

    Raises:
        BadInput: no such run.
    """
    suites: dict[str, list[Run]] = {}
    for one in await _started_with(house, await find_run(house, reference)):
        suites.setdefault(one.suite, []).append(one)
    return list(suites.values())


async def _started_with(house: House, run: Run) -> list[Run]:
    """A run and its companions in the order of their start, the suites' own targets before the alternatives."""
    group = [*reversed(await house.store.facts.runs(1000, RunsWanted(group=run.group)))]
    return [*(one for one in group if not one.is_alternative), *(one for one in group if one.is_alternative)]


async def compare_runs(house: House, a: str, b: str, *, unknown_as_zero: bool | None = None) -> ComparisonReport:
    """B against A, paired by case.

    `a` may be `target:NAME` or `branch:NAME`, too: its newest other run on the set of B.

    Raises:
        BadInput: no such run, or they have no case in common.
        ConfigurationError: both are the same run, in which nothing can differ.
    """
    new = await find_run(house, b)
    old = await find_run(house, a, beside=new)
    if old.id == new.id:
        what = f"'{a}' and '{b}' are both run {new.id}: a run differs in nothing from itself."
        raise ConfigurationError(Problem("", what, "Name two runs; 'foretell runs' lists them."))
    zero = house.project.unknown_cost == "zero" if unknown_as_zero is None else unknown_as_zero

    async def side(run: Run) -> tuple[Units, CostFinding]:
        """A run folded to units, with its cost; a million trials as columns are not kept for both at once."""
        loaded = await load(house, run)
        return loaded.units, find_cost(loaded.columns, loaded.units, unknown_as_zero=zero)

    async def named(keys: Ints) -> tuple[str, ...]:
        """The ids of the first of them in the order of the sets."""
        runs = (new,) if old.set_hash == new.set_hash else (old, new)
        ids = [one for run in runs for one in await house.store.findings.case_ids(run.id, keys, MOST_NAMED)]
        return tuple(dict.fromkeys(ids))[:MOST_NAMED]

    (before, cost_before), (after, cost_after) = await side(old), await side(new)
    found = compare(before, after)
    if len(found.only_a) == len(before):
        sets = [f"{run.id} ({run.evalset}@{run.version})" for run in (old, new)]
        hint = "Compare runs of one eval set, or of one frozen sample of traffic."
        raise BadInput(Problem("", f"{' and '.join(sets)} have no case in common.", hint))
    return ComparisonReport(
        old,
        new,
        found,
        (cost_before, cost_after),
        await named(found.up),
        await named(found.down),
        await named(found.only_a),
        await named(found.only_b),
    )


async def find_trial(house: House, item: str) -> tuple[Run, TrialRow, Json]:
    """One trial by `RUN/CASE` or `RUN/CASE/REPEAT`, with its run and the input of its case.

    Raises:
        ConfigurationError: no case is named.
        BadInput: no such run, case or trial.
    """
    reference, _, rest = item.partition("/")
    if not rest:
        raise ConfigurationError(Problem("", f"'{item}' names no case.", "Write RUN/CASE or RUN/CASE/REPEAT."))
    run = await find_run(house, reference)
    cases = list((await house.store.findings.cases(run.id)).values())
    numbers = {case.id: number for number, case in enumerate(cases)}
    name, _, repeat = rest.rpartition("/")
    readings = [(rest, 0), (name, int(repeat))] if repeat.isdecimal() else [(rest, 0)]  # an id may hold a slash too
    for case_id, number in readings:
        if case_id in numbers and (row := await house.store.facts.trial(run.id, numbers[case_id], number)) is not None:
            return run, row, cases[numbers[case_id]].input
    hint = suggest(rest, list(numbers)[:1000])
    hint = hint if hint.startswith("Did") else f"'foretell evalset show {run.evalset}' lists its cases."
    raise BadInput(Problem(f"run '{run.id}'", f"holds no trial '{rest}'.", hint))
