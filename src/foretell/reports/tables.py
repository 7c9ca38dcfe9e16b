"""Findings as tables: heads (">" before a right-aligned one) and rows of text."""

from collections.abc import Sequence
from dataclasses import dataclass

from foretell.core.analysis.cost import CostFinding, dominated
from foretell.core.analysis.reading import ComparisonReport, FailureReport, RunSummary
from foretell.core.domain.runs import Run
from foretell.reports.numbers import NONE, amount, duration, interval, money, percent, share


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a title, and lines of text below it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def summary_sheet(summaries: Sequence[RunSummary]) -> Sheet:
    """Runs in one line each."""
    rows = tuple(
        (
            one.run.id,
            one.run.suite,
            f"{one.run.arm.target.name}{' (alternative)' if one.run.is_alternative else ''}",
            f"{one.run.evalset}@{one.run.version}",
            share(one.success),
            str(one.tally.failures),
            str(one.tally.unscored),
            one.run.status,
        )
        for one in summaries
    )
    notes: list[str] = []
    for one in summaries:
        if one.missing > 0 and one.run.status != "running":
            notes.append(f"{one.run.id}: {one.missing} of {one.run.planned} trials are missing ({one.run.note}).")
        if one.reliability:
            rates = ", ".join(percent(rate.value) for rate in one.reliability)
            notes.append(f"{one.run.suite}, {one.run.arm.target.name}: pass^1 to pass^{len(one.reliability)}: {rates}.")
        if one.success.value is not None:
            notes.append(f"{one.run.suite}, {one.run.arm.target.name}: {one.success.method}.")
    heads = ("run", "suite", "target", "eval set", "success, 95 % interval", ">failed", ">unscored", "status")
    return Sheet("", heads, rows, tuple(notes))


def failure_sheet(report: FailureReport) -> Sheet:
    """The failure modes of a run, dearest first."""
    currency = report.run.currency
    rows = tuple(
        (
            _ranks(one.first, one.last),
            one.mode.name if one.mode.is_declared else f"{one.mode.name} (undeclared)",
            NONE if one.cost_per_1000 is None else money(one.cost_per_1000.value, currency),
            "no cost given" if one.cost_per_1000 is None else _money_range(one.cost_per_1000, currency),
            percent(one.rate.value),
            interval(one.rate, scale=100),
            str(one.count),
            str(one.occurrences),
        )
        for one in report.modes
    )
    tally = report.tally
    methods = " · ".join(sorted({one.rate.method for one in report.modes}))
    notes = (
        f"{tally.failures} of {tally.trials} trials failed, {tally.unscored} unscored; success {share(report.success)}",
        f"Intervals: {methods}." if rows else "Nothing failed.",
        "A rank range holds for all modes at once; modes without a cost come last, by rate." if rows else "",
    )
    heads = ("rank", "failure mode", ">per 1,000", "range", ">rate, %", "range, %", ">primary", ">any")
    return Sheet(f"What failed in {report.run.id} ({report.run.suite})", heads, rows, tuple(filter(None, notes)))


def _ranks(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _money_range(estimate: object, currency: str) -> str:
    low, high = getattr(estimate, "low", None), getattr(estimate, "high", None)
    return f"[{money(low, currency)}, {money(high, currency)}]"


def cost_sheet(findings: Sequence[tuple[Run, CostFinding]]) -> Sheet:
    """Cost per success of a run and its alternatives; who is dominated by whom."""
    beaten = dominated([finding for _, finding in findings])
    names = [run.arm.target.name for run, _ in findings]
    rows = tuple(
        (
            run.arm.target.name,
            amount(finding.per_success, run.currency),
            share(finding.success),
            duration(finding.latency_p50),
            duration(finding.latency_p95),
            money(finding.total, run.currency),
            percent(finding.coverage),
            ", ".join(names[other] for other in others) or NONE,
        )
        for (run, finding), others in zip(findings, beaten, strict=True)
    )
    notes = [f"{run.arm.target.name}: {finding.per_success.method}." for run, finding in findings]
    for run, finding in findings:
        if finding.fieller is not None:
            low, high = (money(end, run.currency) if end != float("inf") else "∞" for end in finding.fieller)
            notes.append(f"{run.arm.target.name}: Fieller's interval [{low}, {high}].")
    heads = (
        "target",
        "cost per success, 95 %",
        "success, 95 %",
        ">p50",
        ">p95",
        ">total",
        ">cost known",
        "dominated by",
    )
    return Sheet("Cost per successful interaction", heads, rows, tuple(notes))


def comparison_sheet(report: ComparisonReport) -> Sheet:
    """B against A."""
    found = report.comparison
    rows = tuple(
        (
            label,
            run.id,
            run.arm.target.name,
            share(rate),
            amount(cost.per_success, run.currency),
            duration(cost.latency_p50),
        )
        for label, run, rate, cost in zip("AB", (report.a, report.b), (found.a, found.b), report.costs, strict=True)
    )
    notes = [
        f"B − A: {share(found.difference, signed=True)}, two-sided 95 %, {found.difference.method}.",
        f"{found.lost} cases got worse, {found.gained} got better.",
    ]
    if found.mcnemar_p is not None:
        notes.append(f"McNemar's exact p = {found.mcnemar_p:.3g}: for reading, it tests no difference, not a margin.")
    if found.unscored:
        notes.append(f"{found.unscored} pairs are left out because one side has no score.")
    for name, cases in (("only in A", report.only_a), ("only in B", report.only_b), ("worse", report.down[:10])):
        if cases:
            notes.append(f"{name}: {', '.join(cases[:10])}{' …' if len(cases) > 10 else ''}")
    heads = ("", "run", "target", "success, 95 %", "cost per success, 95 %", ">p50")
    return Sheet("Comparison on the cases that both have", heads, rows, tuple(notes))
