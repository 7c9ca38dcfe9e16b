"""Tables that were found good, as values of the domain."""

from dataclasses import replace

from foretell.core.domain.drills import DrillPolicy
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.modes import BUILT_IN, FailureMode
from foretell.core.domain.policy import Demand, GatePolicy
from foretell.core.domain.project import Anonymising, Project, Suite, TrafficIntake, TrafficSlice
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.trial import TargetSpec, TrialLimits
from foretell.settings.references import ScorerBook
from foretell.settings.schema import FailureModeTable, GateTable, ProjectFile, SuiteTable, TargetTable, TrafficTable
from foretell.settings.source import Source


def resolve(file: ProjectFile, book: ScorerBook, source: Source) -> Project:
    """The project that a checked file describes; `source` is where it was read."""
    return Project(
        name=file.project.name,
        root=source.root,
        store=file.project.store,
        currency=file.project.currency,
        unknown_cost=file.project.unknown_cost,
        targets={name: _arm(name, table) for name, table in file.targets.items()},
        declared={name: source.origin.at("targets", name) for name in file.targets},
        fingerprints={name: dict(table.fingerprints) for name, table in file.targets.items() if table.fingerprints},
        evalsets=dict(file.evalsets),
        suites={name: _suite(name, table, book) for name, table in file.suites.items()},
        modes=tuple(_mode(name, table) for name, table in file.failure_modes.items()),
        gates={name: _gate(name, table) for name, table in file.gates.items()},
        drills=_drills(file),
        traffic=TrafficIntake(file.traffic.share, file.traffic.upstream, file.traffic.trace_wait),
        anonymise=Anonymising(dict(file.anonymise.patterns), tuple(file.anonymise.allow), file.anonymise.names),
        file=source.origin.file,
    )


def _arm(name: str, table: TargetTable) -> Arm:
    limits = TargetLimits(
        concurrency=table.concurrency,
        requests_per_minute=table.requests_per_minute,
        tokens_per_minute=table.tokens_per_minute,
        max_cost_per_trial=table.max_cost_per_trial,
        trial=TrialLimits(timeout_s=table.timeout, retries=table.retries),
    )
    is_isolated = table.kind == "python" if table.isolate is None else table.isolate
    return Arm(TargetSpec(name, table.kind, table.parameters), limits, is_isolated)


def _suite(name: str, table: SuiteTable, book: ScorerBook) -> Suite:
    traffic = table.traffic
    return Suite(
        name=name,
        layer=table.layer,
        target=table.target,
        scorers=tuple(book.look_up(scorer, "")[0] for scorer in table.scorers),
        evalset=table.evalset,
        traffic=traffic and _slice(traffic),
        alternatives=tuple(table.alternatives),
        success=table.success,
        repeats=table.repeats,
        seed=table.seed,
        user=table.user,
        max_turns=table.max_turns,
    )


def _slice(table: TrafficTable) -> TrafficSlice:
    return TrafficSlice(table.source, table.window, table.share, table.at_most, table.live_tools)


def _mode(name: str, table: FailureModeTable) -> FailureMode:
    """A declared mode; a built-in one keeps its meaning unless the file gives another."""
    built_in = next((mode for mode in BUILT_IN if mode.name == name), FailureMode(name))
    means = table.means or built_in.means
    return replace(built_in, means=means, when=table.when, cost=table.cost, owner=table.owner)


def _gate(name: str, table: GateTable) -> GatePolicy:
    return GatePolicy(
        name=name,
        suites=tuple(table.suites),
        at_least=table.success.at_least,
        may_drop=table.success.may_drop,
        may_drop_since_anchor=table.success.may_drop_since_anchor,
        confidence=table.success.confidence,
        baseline=table.baseline,
        anchor=table.anchor,
        modes={mode: ceiling.at_most for mode, ceiling in table.modes.items()},
        cost_may_rise=table.cost_per_success.may_rise if table.cost_per_success else None,
        max_cost=table.max_cost,
        max_minutes=table.max_minutes,
        owners=tuple(table.owners),
        slices={name: Demand(rule.at_least, rule.may_drop) for name, rule in table.slices.items()},
        latency={name: Demand(rule.at_least, rule.may_drop) for name, rule in table.latency.items()},
        steps={name: Demand(rule.at_least) for name, rule in table.steps.items()},
        metrics={
            name: Demand(rule.at_least, rule.may_drop, rule.at_most, rule.may_rise, *rule.range)
            for name, rule in table.metrics.items()
        },
        stop_early=table.stop_early,
    )


def _drills(file: ProjectFile) -> DrillPolicy:
    table = file.drills
    return DrillPolicy(
        must_catch=tuple(table.must_catch),
        suites=tuple(table.suites),
        faults=None if table.faults is None else tuple(table.faults),
        own={name: FaultSpec(name, one.use, one.parameters, one.step) for name, one in file.faults.items()},
        confidence=table.confidence,
        fault_free=table.fault_free,
        addresses=tuple(table.addresses),
    )
