"""A project that lives in memory: its store, its papers, its revision, and a target that answers as it is told to."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from foretell.core.analysis.runs.rows import columns_of, occurrences_in
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.project import Project, Suite
from foretell.core.domain.runs import Arm, Run, RunStatus
from foretell.core.domain.scores import Score, ScoreFailure, ScorerSpec
from foretell.core.domain.trial import Outcome, TargetSpec, TrialError, TrialRecord
from foretell.core.domain.values import key_of
from foretell.core.errors import NotEnoughEvidence, Problem
from foretell.core.ports.execution import Workload
from foretell.core.ports.facts import ALL_RUNS, RunsWanted, TrialRow
from foretell.core.ports.findings import State, TrialColumns, TrialLine, TrialQuery
from foretell.core.ports.records import Record
from foretell.services.house import House


@dataclass
class MemoryStore:
    """Facts, findings, records and claims of a store; it is each of these ports."""

    kept: dict[str, Run] = field(default_factory=dict)
    sets: dict[str, Sequence[Case]] = field(default_factory=dict)
    rows: dict[str, list[TrialRow]] = field(default_factory=dict)
    said: list[Record] = field(default_factory=list)

    @property
    def facts(self) -> "MemoryStore":
        return self

    findings = records = claims = facts

    async def begin(self, runs: Sequence[Run], cases: Sequence[Case]) -> None:
        for run in runs:
            self.kept[run.id], self.sets[run.id], self.rows[run.id] = run, cases, []

    async def add(self, rows: Sequence[TrialRow]) -> None:
        for row in rows:
            self.rows[row.record.run].append(row)

    async def flush(self) -> None: ...

    async def end(self, run_id: str, status: RunStatus, note: str = "") -> None:
        self.kept[run_id] = replace(self.kept[run_id], status=status, note=note)

    async def runs(self, limit: int = 100, wanted: RunsWanted = ALL_RUNS) -> Sequence[Run]:
        def is_wanted(run: Run) -> bool:
            is_exact = wanted.group in ("", run.group) and wanted.suite in ("", run.suite)
            return is_exact and run.id.startswith(wanted.id_begins) and run.group.startswith(wanted.group_begins)

        return [run for run in reversed(self.kept.values()) if is_wanted(run)][:limit]

    async def run(self, run_id: str) -> Run | None:
        return self.kept.get(run_id)

    async def finished(self, run_id: str) -> frozenset[tuple[int, int]]:
        return frozenset((row.record.case_no, row.record.repeat) for row in self.rows[run_id])

    async def trial(self, run_id: str, case_no: int, repeat: int) -> TrialRow | None:
        place = (case_no, repeat)
        return next((row for row in self.rows[run_id] if (row.record.case_no, row.record.repeat) == place), None)

    async def columns(self, run_id: str) -> TrialColumns:
        rows = sorted(self.rows[run_id], key=lambda row: (key_of(row.record.case_id), row.record.repeat))
        return columns_of(rows)

    async def trials(self, run_id: str, state: State | None = None) -> AsyncGenerator[TrialRow]:
        for row in self.rows[run_id]:
            if state in (None, row.conclusion.state):
                yield row

    async def occurrences(self, run_id: str, mode: str) -> tuple[Any, Any]:
        return occurrences_in(self.rows[run_id], mode)

    async def judging_cost(self, run_id: str) -> float:
        return sum(row.record.eval_cost_usd or 0.0 for row in self.rows[run_id])

    async def scores(self, run_id: str, scorer: str) -> tuple[Any, Any, Any]:
        said = [
            (key_of(row.record.case_id), row.record.repeat, row.record.scores[scorer])
            for row in self.rows[run_id]
            if scorer in row.record.scores
        ]
        values = [float(one.value) if isinstance(one, Score) else np.nan for _, _, one in said]
        cases, repeats = [case for case, _, _ in said], [repeat for _, repeat, _ in said]
        return np.array(cases, np.int64), np.array(repeats, np.int32), np.array(values, np.float64)

    async def page(self, query: TrialQuery) -> Sequence[TrialLine]:
        rows = [row for row in self.rows[query.run_id] if row.conclusion.mode == query.mode][: query.limit]
        return [
            TrialLine(
                row.record.case_no,
                row.record.case_id,
                row.record.repeat,
                row.conclusion.state,
                row.conclusion.mode,
                row.conclusion.reason,
                row.record.outcome.cost_usd,
                row.record.outcome.latency_ms,
                None if row.record.outcome.error is None else row.record.outcome.error.message,
            )
            for row in rows
        ]

    async def cases(self, run_id: str) -> Mapping[int, Case]:
        return {key_of(case.id): case for case in self.sets[run_id]}

    async def append(self, record: Record) -> None:
        self.said.append(record)

    async def newest(self, kind: str, key: str) -> Record | None:
        return next(iter(await self.history(kind, key)), None)

    async def history(self, kind: str, key: str | None = None, limit: int = 100) -> Sequence[Record]:
        return [one for one in reversed(self.said) if one.kind == kind and key in (None, one.key)][:limit]

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        return True

    async def release(self, name: str, holder: str) -> None: ...


@dataclass
class Bench:
    """An executor whose target answers `bad` cases wrongly and cannot reach those in `away`, for a cent each.

    Of a base revision it does so with `bad_before`, `away_before`, and raises for those in `broken_before`. `order` are
    the targets as they were asked.
    """

    bad: frozenset[str] = frozenset()
    away: frozenset[str] = frozenset()
    bad_before: frozenset[str] = frozenset()
    away_before: frozenset[str] = frozenset()
    broken_before: frozenset[str] = frozenset()
    is_scoring: bool = True
    asked: int = 0
    order: list[tuple[str, str, int]] = field(default_factory=list)

    async def run(self, workload: Workload) -> AsyncGenerator[TrialRecord]:
        spent = workload.spent
        for task in workload.tasks:
            if workload.max_cost is not None and spent + 0.01 > workload.max_cost:
                raise NotEnoughEvidence(Problem("budget", "the money is spent."))
            spent, self.asked = spent + 0.01, self.asked + 1
            self.order.append((task.target.name, task.case.id, task.seed))
            is_base, case = "@" in task.target.name, task.case.id
            error = None
            if case in (self.away_before if is_base else self.away):
                error = TrialError("unreachable", "no connection")
            if is_base and case in self.broken_before:
                error = TrialError("error", "FileNotFoundError: index.bin")
            bad = self.bad_before if is_base else self.bad
            score = Score(case not in bad) if self.is_scoring else ScoreFailure("out of order")
            scores = {} if error else {"good": score}
            outcome = Outcome("!", cost_usd=0.01, error=error)
            yield TrialRecord(task.run, task.case_no, task.case.id, task.repeat, outcome, scores)


@dataclass
class Desk:
    """Papers in memory."""

    files: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def write(self, path: str, text: str) -> None:
        self.files[path] = text

    def append(self, path: str, text: str) -> None:
        self.files[path] = self.files.get(path, "") + text


@dataclass
class Tree:
    """A revision, and reviewed files in memory."""

    code: str | None = "0123456789ab"
    files: dict[str, Any] = field(default_factory=dict)

    def fingerprints(self, globs: Mapping[str, str]) -> Mapping[str, str | None]:
        return {"code": self.code, "branch": "main"}

    def read_json(self, path: str) -> Any:
        return self.files[path]

    def write_json(self, path: str, value: Any) -> None:
        self.files[path] = value


@dataclass
class OneSet:
    """An eval set of so many cases, and what some of them weigh."""

    size: int
    weights: Mapping[str, float] = field(default_factory=dict)

    def read(self, name: str, version: str | None = None) -> EvalSetVersion:
        return EvalSetVersion(
            name, "1", f"hash of {self.size}", tuple(self._case(f"c-{at}") for at in range(self.size))
        )

    def _case(self, name: str) -> Case:
        return Case(name, "?", metadata={"weight": self.weights[name]} if name in self.weights else {})


@dataclass
class Town:
    """A house with the parts that a test turns. Days pass when it says so."""

    gate: GatePolicy
    bench: Bench = field(default_factory=Bench)
    desk: Desk = field(default_factory=Desk)
    tree: Tree = field(default_factory=Tree)
    store: MemoryStore = field(default_factory=MemoryStore)
    size: int = 60
    day: str = "2026-03-01"
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids = count(1)

    @property
    def house(self) -> House:
        """The house as it is now."""
        suite = Suite("s", "system", "app", (ScorerSpec("good", "recorded"),), "core")
        project = Project(
            "town",
            "/town",
            targets={"app": Arm(TargetSpec("app", "http", {"url": "http://app"}))},
            evalsets={"core": "core.jsonl"},
            suites={"s": suite},
            gates={self.gate.name: self.gate},
        )
        return House(
            project=project,
            evalsets=OneSet(self.size, self.weights),  # type: ignore[arg-type]  # a gate reads, and does nothing else
            store=self.store,  # type: ignore[arg-type]  # as much of the ports as a gate uses
            executor=self.bench,
            archives=None,  # type: ignore[arg-type]  # nothing is recorded
            revisions=self.tree,
            papers=self.desk,
            checkouts=None,  # type: ignore[arg-type]  # no revision is checked out
            at=lambda folder: self.house,
            now=lambda: f"{self.day}T12:00:00.000Z",
            new_id=lambda: f"run-{next(self._ids):03}",
        )
