"""Findings as tables: heads (">" before a right-aligned one) and rows of text."""

from collections.abc import Sequence
from dataclasses import dataclass

from foretell.core.analysis.runs.cost import CostFinding, dominated
from foretell.core.analysis.runs.reading import ComparisonReport, FailureReport, RunSummary
from foretell.core.analysis.runs.robustness import Robustness
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.runs import Run
from foretell.reports.numbers import NONE, amount, counted, duration, interval, money, money_range, percent, share


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a title, and lines of text below it.

    Columns are named by their heads for the case that there is little room: `drawn` ones only draw what others say and
    are left out first, `minor` ones then go below each row, in this order, and `long` ones are cut.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    long: tuple[str, ...] = ()


def summary_sheet(summaries: Sequence[RunSummary]) -> Sheet:
    """Runs in one line each."""
    rows = tuple(
        (
            one.run.id,
            one.run.suite,
            f"{one.run.arm.target.name}{_role(one.run)}",
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
            because = f" ({one.run.note})" if one.run.note else ""
            how = f"'foretell run --resume {one.run.id}' goes on"
            notes.append(f"{one.run.id}: {one.missing} of {one.run.planned} trials are missing{because}; {how}.")
        if one.reliability:
            rates = ", ".join(percent(rate.value) for rate in one.reliability)
            notes.append(f"{one.run.id}: pass^1 to pass^{len(one.reliability)}: {rates}.")
        if one.run.is_weighted:
            notes.append(f"{one.run.id}: cases weighted by the interactions of production that each stands for.")
        notes += [f"{one.run.id}: {line}" for line in robustness_lines(one.robustness)]
    notes += methods([(f"success of {one.run.id}", one.success) for one in summaries])
    heads = ("run", "suite", "target", "eval set", "success, 95 %", ">failed", ">unscored", "status")
    return Sheet("", heads, rows, tuple(notes), minor=("eval set", "target", "unscored", "failed", "status"))


def robustness_lines(found: Sequence[Robustness]) -> list[str]:
    """Neighbours of cases beside their originals, a line for all rules and one for each."""
    return [
        f"neighbours{'' if one.rule == 'all' else f' by {one.rule}'} succeed in {percent(one.neighbours.value)}, "
        f"their originals in {percent(one.originals.value)}: {share(one.difference, signed=True)}"
        for one in found
    ]


def _role(run: Run) -> str:
    """What a run is to the suite when it is not its own target's."""
    if run.arm.revision is not None:
        return " (base)"
    if run.arm.fault is not None:
        return f" (fault {run.arm.fault.name})"
    return " (alternative)" if run.is_alternative else ""


def methods(estimates: Sequence[tuple[str, Estimate]]) -> list[str]:
    """How intervals were made: in one line for those that agree, by name for those that have none."""
    methods = dict.fromkeys(one.method for _, one in estimates if one.low is not None or one.high is not None)
    lines = [f"Two-sided intervals: {' · '.join(methods)}."] if methods else []
    bare = dict.fromkeys(one.method for _, one in estimates if one.low is None and one.high is None)
    for method in bare:
        names = [name for name, one in estimates if one.method == method]
        lines.append(f"{', '.join(dict.fromkeys(names))}: {method}.")
    return lines


def failure_sheet(report: FailureReport) -> Sheet:
    """The failure modes of a run, dearest first."""
    currency = report.run.currency
    rows = tuple(
        (
            _ranks(one.first, one.last),
            one.mode.name if one.mode.is_declared else f"{one.mode.name} (undeclared)",
            "no cost given" if one.cost_per_1000 is None else money_range(one.cost_per_1000, currency),
            f"{percent(one.rate.value)} {interval(one.rate, scale=100)}",
            str(one.count),
            str(one.occurrences),
        )
        for one in report.modes
    )
    tally = report.tally
    units = {(one.rate.n, one.rate.method) for one in report.modes}
    methods = " · ".join(f"n = {n}, 95 %, {method}" for n, method in sorted(units))
    failed = f"{tally.failures} of {tally.trials} trials failed, {tally.unscored} unscored"
    notes = (
        f"{failed}; success {share(report.success)}.",
        f"Intervals: {methods}." if rows else "Nothing failed." if tally.successes else "Nothing was scored.",
        "A rank range holds for all modes at once; modes without a cost come last, by rate." if rows else "",
    )
    heads = ("rank", "failure mode", "cost per 1,000", "rate", ">primary", ">any")
    title = f"What failed in {report.run.id} ({report.run.suite})"
    return Sheet(title, heads, rows, tuple(filter(None, notes)), minor=("any", "primary", "rate"))


def _ranks(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


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
            money(finding.total, run.currency) if finding.priced else NONE,
            percent(finding.coverage),
            ", ".join(names[other] for other in others) or NONE,
        )
        for (run, finding), others in zip(findings, beaten, strict=True)
    )
    notes = methods(
        [
            (f"{what} of {run.arm.target.name}", estimate)
            for run, finding in findings
            for what, estimate in (("cost", finding.per_success), ("success", finding.success))
        ]
    )
    for run, finding in findings:
        if finding.fieller is not None:
            low, high = (money(end, run.currency) if end != float("inf") else "∞" for end in finding.fieller)
            notes.append(f"{run.arm.target.name}: Fieller's interval [{low}, {high}].")
    if any(beaten):
        notes.append(
            "Dominated: no better in success, cost per success and median time, by their point values alone; "
            "'foretell compare' tells whether two runs differ."
        )
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
    minor = ("p95", "total", "cost known", "p50", "dominated by")
    return Sheet("Cost per successful interaction", heads, rows, tuple(notes), minor=minor)


def _first(names: Sequence[str], most: int = 10) -> str:
    return f"{', '.join(names[:most])}{' …' if len(names) > most else ''}"


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
        f"{counted(found.lost, found.difference.unit)} got worse, {found.gained} got better.",
    ]
    if found.mcnemar_p is not None:
        notes.append(f"McNemar's exact p = {found.mcnemar_p:.3g}: for reading, it tests no difference, not a margin.")
    if found.unscored:
        pairs = "pair is" if found.unscored == 1 else "pairs are"
        notes.append(f"{found.unscored} {pairs} left out because one side has no score.")
    lists = (("only in A", report.only_a, found.only_a), ("only in B", report.only_b, found.only_b))
    notes += [f"{name} ({len(keys)}): {_first(cases)}" for name, cases, keys in lists if cases]
    if report.down:
        notes.append(f"worse: {_first(report.down)}")
    costs = [(f"cost of {label}", cost.per_success) for label, cost in zip("AB", report.costs, strict=True)]
    notes += methods([("success of A", found.a), ("success of B", found.b), *costs])
    heads = ("", "run", "target", "success, 95 %", "cost per success, 95 %", ">p50")
    minor = ("p50", "cost per success, 95 %", "target")
    return Sheet("Comparison on the cases that both have", heads, rows, tuple(notes), minor=minor)
