"""What a gate compares with: a reviewed file, a stored run, the newest run of a target or a branch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from foretell.core.analysis.decide import ENVIRONMENT_SHARE
from foretell.core.analysis.runs.aggregate import Units, fold
from foretell.core.analysis.runs.quantities import wanted_of
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.values import Json, content_hash, key_of
from foretell.core.errors import BadInput, ConfigurationError, Problem
from foretell.core.ports.facts import RunsWanted
from foretell.core.ports.findings import TrialQuery
from foretell.core.ports.records import DECISION
from foretell.services.baseline_rows import Written, hash_of_case, rows_of, units_from
from foretell.services.evidence import scored_by, slices_of, units_of
from foretell.services.house import House
from foretell.services.run import find_run, is_run_of

SCHEMA = "foretell.baseline/1"
BESIDE = "revision:"
"""How a policy's baseline begins that was run beside the candidate; its commit follows."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """One suite's baseline: where it comes from, its units, and what identified its cases, scorers and target.

    `case_hashes` maps the key of a case to the hash of its content: a case that changed is no pair. `doubt` says why it
    may not show what it stands for.
    """

    source: str
    run: str
    units: Units
    case_hashes: Mapping[int, str]
    rules_hash: str
    fingerprints: Mapping[str, str | None]
    doubt: str = ""


def hash_of_rules(scorers: Sequence[ScorerSpec], success: str | None) -> str:
    """What identifies how success was measured: the scorers that the rule can see, with versions, and the rule."""
    return content_hash({"scorers": [asdict(spec) for spec in scorers], "success": success})[:12]


async def write_baseline(house: House, reference: str, path: str) -> tuple[Run, ...]:
    """Write the reviewed file from a run and the runs of other suites that were started with it.

    Raises:
        BadInput: no such run, or it is not finished.
    """
    first = await find_run(house, reference)
    newest: dict[str, Run] = {}
    for run in await house.store.facts.runs(1000, RunsWanted(group=first.group)):
        if not run.is_alternative:
            newest.setdefault(run.suite, run)
    for run in newest.values():
        _check_done(run)
        _check_whole(run)
    suites = {name: await _suite_json(house, run) for name, run in sorted(newest.items())}
    body = {"schema": SCHEMA, "written_at": house.now(), "hash": content_hash(suites), "suites": suites}
    house.revisions.write_json(path, body)
    return tuple(newest.values())


async def _suite_json(house: House, run: Run) -> Json:
    columns = await house.store.findings.columns(run.id)
    fired = {mode: await house.store.findings.occurrences(run.id, mode) for mode in columns.modes if mode}
    scores = {spec.name: await scored_by(house, run, columns, spec.name) for spec in run.scorers}
    return {
        "run": run.id,
        "target": run.arm.target.name,
        "evalset": f"{run.evalset}@{run.version}",
        "set_hash": run.set_hash,
        "rules": hash_of_rules(run.scorers, run.success),
        "fingerprints": dict(run.arm.fingerprints),
        "cases": rows_of(await house.store.findings.cases(run.id), Written(columns, fold(columns, fired), scores)),
    }


async def find_baseline(house: House, reference: str, plan: SuitePlan, policy: GatePolicy) -> Baseline | None:
    """The baseline of one suite with what a policy asks for, None when a file holds nothing of it.

    Raises:
        BadInput: the file is absent, edited by hand or of an unknown form; no such run.
        ConfigurationError: the reference is of no known kind.
    """
    kind, _, name = reference.partition(":")
    if kind == "file":
        return _from_file(house, name, plan, policy)
    if kind in ("target", "branch"):
        return await baseline_of(house, await _newest(house, kind, name, plan), reference, policy)
    if kind == "run" or not name:
        run = await _named(house, reference, plan.suite)
        return None if run is None else await baseline_of(house, run, reference, policy)
    hint = "Use file:PATH, run:ID, target:NAME or branch:NAME."
    raise ConfigurationError(Problem("baseline", f"'{reference}' is of no known kind.", hint))


async def _named(house: House, reference: str, suite: str) -> Run | None:
    """The run that is named, or the one of this suite that was started with it."""
    named = await find_run(house, reference)
    beside = await house.store.facts.runs(1000, RunsWanted(group=named.group, suite=suite))
    run = named if named.suite == suite else next((one for one in beside if not one.is_alternative), None)
    if run is not None:
        _check_done(run)
    return run


def _check_done(run: Run) -> None:
    if run.status != "done":
        hint = f"Finish it with 'foretell run --resume {run.id}'."
        raise BadInput(Problem(f"run '{run.id}'", f"is {run.status}, not done: no baseline can be made of it.", hint))


def _check_whole(run: Run) -> None:
    if run.arm.fault is not None:
        what = f"carries the fault '{run.arm.fault.name}' of a drill: no baseline can be made of it."
        raise BadInput(Problem(f"run '{run.id}'", what, "Name a run of the target as it is."))


async def _newest(house: House, kind: str, name: str, plan: SuitePlan) -> Run:
    """The newest run of a target or a branch; what a gate did not ship is nobody's baseline."""
    decided = await house.store.records.history(DECISION, limit=1000)
    refused = {run for one in decided if one.body["ruling"] != "ship" for run in one.body["runs"].values()}
    for run in await house.store.facts.runs(1000, RunsWanted(suite=plan.suite)):
        is_fit = run.status == "done" and run.set_hash == plan.evalset.hash
        if is_fit and run.id not in refused and is_run_of(run, kind, name):
            return run
    hint = "Run it first, or name another baseline."
    what = f"the store holds no finished run of suite '{plan.suite}' for {kind} '{name}' on {plan.evalset.label}."
    raise BadInput(Problem("baseline", what, hint))


async def baseline_of(house: House, run: Run, source: str, policy: GatePolicy) -> Baseline:
    """A stored run as a baseline; `source` is how it was named."""
    cases = await house.store.findings.cases(run.id)
    return Baseline(
        source=source,
        run=run.id,
        units=await units_of(house, run, policy),
        case_hashes={key: hash_of_case(case) for key, case in cases.items()},
        rules_hash=hash_of_rules(run.scorers, run.success),
        fingerprints=run.arm.fingerprints,
    )


async def baseline_beside(house: House, run: Run, policy: GatePolicy) -> Baseline:
    """The run of a base revision as a baseline.

    When every trial ended with an error, it rather was the checkout that failed, which holds only what git does: then
    nothing is known of the base. Otherwise every candidate would be better than it.
    """
    name = run.arm.target.name
    found = await baseline_of(house, run, name, policy)
    trials, broken = int(found.units.trials.sum()), len((await house.store.findings.occurrences(run.id, "error"))[0])
    if broken <= ENVIRONMENT_SHARE * trials:
        return found
    first = (await house.store.findings.page(TrialQuery(run.id, "failure", "error", 1)))[0]
    told = f"{broken} of {trials} trials of {name} ended with an error, such as: {first.error}"
    if broken < trials:
        return replace(found, doubt=told)
    why = "; its checkout holds what git holds, and nothing that is made or fetched beside it"
    return replace(found, units=found.units.pick(found.units.key[:0]), doubt=told + why)


def _from_file(house: House, path: str, plan: SuitePlan, policy: GatePolicy) -> Baseline | None:
    body: Json = house.revisions.read_json(path)
    redo = "Restore it from version control, or write it again with 'foretell baseline set RUN'."
    if not hasattr(body, "keys") or body.get("schema") != SCHEMA:
        raise BadInput(Problem(path, f"is not a file of the form {SCHEMA}.", redo))
    suites: Json = body.get("suites")
    if content_hash(suites) != body.get("hash"):
        raise BadInput(Problem(path, "was edited by hand: its hash does not fit its content.", redo))
    if plan.suite not in suites:
        return None
    part: Json = suites[plan.suite]
    return Baseline(
        source=f"file:{path}",
        run=part["run"],
        units=units_from(part["cases"], wanted_of(policy, slices_of(plan.evalset.cases))),
        case_hashes={key_of(case_id): row["hash"] for case_id, row in part["cases"].items()},
        rules_hash=part["rules"],
        fingerprints=part["fingerprints"],
    )
