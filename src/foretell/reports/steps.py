"""Steps as tables: how they compound, what fails together, and where failures start."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from foretell.core.analysis.runs.origins import Origin
from foretell.core.analysis.runs.reading import Confirmation, StepReport, Verdict
from foretell.core.analysis.runs.step_table import StepName
from foretell.core.analysis.runs.steps import Compounding, CurvePoint, StepFinding
from foretell.core.domain.http_errors import excerpt
from foretell.reports.numbers import NONE, counted, interval, money_range, percent, share
from foretell.reports.tables import Sheet, methods

MOST_REASONS = 3
SHOWN_LENGTHS = (1, 2, 5, 10, 20, 50)
_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_STANDING = {"within": "within", "over": "over", "open": "not settled"}


def step_sheets(report: StepReport) -> tuple[Sheet, ...]:
    """Every table of a report, those without a row left out."""
    sheets = [compounding_sheet(report), pair_sheet(report.compounding), curve_sheet(report.compounding)]
    if report.origins:
        sheets.insert(1, origin_sheet(report.source, report.origins, report.currency))
    return tuple(sheet for sheet in sheets if sheet.rows)


def compounding_sheet(report: StepReport) -> Sheet:
    """Each step's success, and what they come to beside what was observed."""
    found = report.compounding
    rows = tuple(_row(one) for one in found.steps)
    heads = (
        "step",
        "kind",
        "success, 95 %",
        ">traces",
        ">failed",
        ">+1 point",
        ">spent",
        "budget",
    )
    minor = ("traces", "failed", "kind", "+1 point", "spent", "budget")
    notes = (*_notes(found), *_gaps(report))
    return Sheet(f"Steps of {report.source}", heads, rows, notes, minor=minor)


def _row(one: StepFinding) -> tuple[str, ...]:
    return (
        one.step.name,
        one.step.kind,
        share(one.success),
        str(one.executed),
        str(one.failed),
        percent(one.gain, signed=True),
        f"{one.spent:.1f} ×",
        _STANDING[one.standing],
    )


def _notes(found: Compounding) -> Iterator[str]:
    count = counted(len(found.steps), "step")
    yield f"End to end: predicted {share(found.predicted)} (the product of {count}), observed {share(found.observed)}."
    if any(one.executed < found.traces for one in found.steps):
        yield f"Each step counted as often as traces execute it: {share(found.by_use)}."
    yield _beside(found)
    yield (
        f"For {percent(found.target_rate)} end to end over {count} each may fail in {percent(found.budget)}: "
        "its error budget, and what of it is spent. +1 point: what one point more would add from end to end."
    )
    if found.rare:
        yield f"{counted(found.rare, 'name')} of spans occurred in one trace only: no step."
    ways = dict.fromkeys(re.sub(r" on [\d.e+]+ ", " on ", one.success.method) for one in found.steps)
    yield f"Two-sided 95 % intervals: steps {' · '.join(ways)}; predicted {found.predicted.method}."


def _gaps(report: StepReport) -> Iterator[str]:
    """What was not seen, and why."""
    if unseen := report.compounding.unseen:
        whys = sorted(report.unseen.items(), key=lambda one: -one[1])[:MOST_REASONS]
        why = "".join(f" {count}: {excerpt(reason)}." for reason, count in whys)
        yield f"{counted(unseen, 'trace')} showed no step and {'is' if unseen == 1 else 'are'} left out.{why}"
    if report.orphans:
        yield (
            f"{counted(report.orphans, 'call')} of steps, or spans, came from where nobody can tell whose they are "
            "(threads older than the trial, other traces): in no trace."
        )


def _beside(found: Compounding) -> str:
    observed, predicted = found.observed, found.by_use
    if observed.value is None:
        return "Nothing says how the traces ended, so the prediction stands alone."
    if predicted.low is not None and observed.value < predicted.low:
        lost = percent((predicted.value or 0.0) - observed.value)
        return f"{lost} more fail than the steps explain: failures that no check of a step sees."
    if predicted.high is not None and observed.value > predicted.high:
        return "More succeed than the steps let expect: failed steps are made good later, or fail together."
    return "What was observed lies inside the interval of what the steps predict."


def origin_sheet(source: str, origins: Sequence[Origin], currency: str) -> Sheet:
    """Where failures start, the dearest step first."""
    rows = tuple(
        (
            _name(one.step),
            str(one.failures),
            f"{percent(one.rate.value)} {interval(one.rate, scale=100)}",
            "no cost given" if one.cost_per_1000 is None else money_range(one.cost_per_1000, currency),
            ", ".join(f"{mode} {count}" for mode, count in one.modes),
            str(one.consequences),
            "/".join(map(str, one.example)),
        )
        for one in origins
    )
    heads = ("first failing step", ">failures", "of all trials", "cost per 1,000", "modes", ">consequences", "example")
    notes = ["Consequences are later steps that failed after the first one did."]
    if any(one.step is None for one in origins):
        notes.append(f"{NONE}: the trial failed, and no check of a step saw where.")
    if uncosted := sum(one.uncosted for one in origins if one.cost_per_1000 is not None):
        notes.append(f"{counted(uncosted, 'failure')} in costed rows have a mode without a cost, counted as 0.")
    notes += methods([(_name(one.step), one.rate) for one in origins])
    minor = ("example", "consequences", "modes", "of all trials")
    return Sheet(f"Where failures start in {source}", heads, rows, tuple(notes), minor=minor, long=("modes",))


def _name(step: StepName | None) -> str:
    return NONE if step is None else step.name


def pair_sheet(found: Compounding) -> Sheet:
    """Steps that fail together."""
    rows = tuple(
        (one.first.name, one.second.name, str(one.together), f"{one.expected:.1f}", f"{one.p_value:.2g}")
        for one in found.pairs
    )
    notes = ("p: Fisher's exact test, one-sided, after Holm's correction for all pairs.",)
    return Sheet("Steps that fail together", ("step", "and", ">traces", ">expected", ">p"), rows, notes)


def curve_sheet(found: Compounding) -> Sheet:
    """What longer chains of such steps would come to."""
    points = [point for point in found.curve if point.steps in SHOWN_LENGTHS]
    rows = tuple((str(one.steps), percent(one.value), _limits(one)) for one in points)
    note = "Steps as good as the geometric mean of those above, failures independent."
    return Sheet("A chain of so many steps", (">steps", ">success", "95 %"), rows, (note,))


def _limits(point: CurvePoint) -> str:
    return f"[{point.low * 100:.1f}, {point.high * 100:.1f}]"


def confirmation_sheet(found: Confirmation) -> Sheet:
    """What became of the blame when each first failing step was given a good output."""
    counts = Counter((one.step, one.verdict) for one in found.replays)
    steps = dict.fromkeys(one.step for one in found.replays)
    rows = tuple((step, *(str(counts[step, verdict]) for verdict in _VERDICTS)) for step in steps)
    notes = (
        f"Good outputs are those of {found.baseline}, case by case. The target is as it is now.",
        "confirmed: succeeds with the good output, fails again without. suspected: fails with it too.",
        "flaky: succeeds without it.",
    )
    heads = ("first failing step", *(f">{verdict.replace('-', ' ')}" for verdict in _VERDICTS))
    return Sheet(f"Blame in {found.run}, by substitution", heads, rows, notes, minor=("unscored", "no seam"))
