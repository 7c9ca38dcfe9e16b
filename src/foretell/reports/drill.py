"""A drill as tables: the matrix fault × suite, and what runs without a fault said."""

from collections.abc import Iterator

from foretell.core.analysis.runs.drill import COST
from foretell.core.domain import wording
from foretell.core.domain.drills import Cell, DrillReport, FaultFinding
from foretell.reports.document import document
from foretell.reports.markdown import plain
from foretell.reports.numbers import NONE, as_json, counted, interval, money, share
from foretell.reports.section import section
from foretell.reports.tables import Sheet

_WORDS = {
    "caught": "caught",
    "missed": "MISSED",
    "not-applicable": "n/a",
    "not-injected": "could not be injected",
    "unmeasured": "unmeasured",
}


def drill_sheets(report: DrillReport) -> tuple[Sheet, ...]:
    """The matrix, then the runs without a fault."""
    return (_matrix(report), _quiet(report))


def _matrix(report: DrillReport) -> Sheet:
    rows = tuple(
        (
            one.fault,
            *(_state(cell) for cell in one.cells),
            _signal(cell),
            _right(cell.step, is_right=cell.is_step_right),
            _right(cell.cause, is_right=cell.is_cause_right),
            _need(cell),
            _change(cell),
            money(_cost(one), report.currency),
        )
        for one in report.findings
        for cell in [_telling(one)]
    )
    title = f"Drill {report.id}: {counted(len(rows), 'fault')}, {caught_line(report)}"
    heads = ("fault", *report.suites, "by", "first step", "cause", ">cases", "success, 95 %", ">cost")
    return Sheet(title, heads, rows, tuple(_notes(report)), minor=("cost", "success, 95 %", "cause"), long=("by",))


def caught_line(report: DrillReport) -> str:
    """How many were caught of those that could be, and how many were blamed on the right step."""
    tried = [one for one in report.findings if one.has_applied]
    if not tried:
        return "none could be tried"
    caught = [one for one in tried if one.is_caught]
    known = [cell for cell in map(_telling, caught) if cell.is_step_right is not None]
    right = sum(bool(cell.is_step_right) for cell in known)
    return f"{len(caught)} of {len(tried)} caught, the right step named in {right} of {len(known)}"


def _telling(one: FaultFinding) -> Cell:
    """The cell that says most: one that caught it, else one that could have."""
    order = tuple(_WORDS)
    return min(one.cells, key=lambda cell: order.index(cell.state))


def _state(cell: Cell) -> str:
    return _WORDS[cell.state]


def _signal(cell: Cell) -> str:
    if not cell.signals:
        return cell.reason or NONE
    first = cell.signals[0]
    if first.name == COST:
        return f"{COST} × {first.after / first.before:.2f}" if first.before else COST
    return f"{first.name} {wording.percent(first.before, digits=0)} → {wording.percent(first.after, digits=0)}"


def _right(name: str | None, *, is_right: bool | None) -> str:
    if name is None or is_right is None:
        return name or NONE
    return f"{name} ✓" if is_right else f"{name} ✗"


def _need(cell: Cell) -> str:
    if cell.cases_needed is None:
        return NONE
    return f"≈{cell.cases_needed}" if cell.is_extrapolated else str(cell.cases_needed)


def _change(cell: Cell) -> str:
    if cell.drop is None or cell.drop.value is None:
        return NONE
    return f"{wording.percent(cell.drop.value, signed=True)} {interval(cell.drop, scale=100, signed=True)}"


def _cost(one: FaultFinding) -> float | None:
    known = [cell.cost for cell in one.cells if cell.cost is not None]
    return sum(known) if known else None


def _notes(report: DrillReport) -> Iterator[str]:
    for word, faults in (("slipped through", report.slipped), ("could not be tried", report.unmeasured)):
        if faults:
            yield f"On the list of [drills] must_catch, and {word}: {', '.join(faults)}."
    for one in report.findings:
        cell = _telling(one)
        if cell.state in ("caught", "missed") and (cell.is_step_right is False or cell.is_cause_right is False):
            yield f"{one.fault}: right would be step {' or '.join(one.steps) or NONE}, cause {' or '.join(one.causes)}."
    if not any(one.has_applied for one in report.findings):
        yield (
            "Faults act on steps that the project file declares of a target, and on models whose address it reads "
            "from the environment (OPENAI_BASE_URL)."
        )
    sure = wording.percent(1 - report.promised, digits=0)
    yield (
        f"'by' is the most striking of what differs from the reference, at {sure} confidence, Holm over all that was "
        "looked at in the run; each fault is a question of its own. 'cases' is the fewest, in a seeded order, from "
        "which on that signal alone tells; ≈: more than there were, if they are alike."
    )
    if report.stopped:
        yield f"Ended early: {report.stopped} 'foretell drill --resume {report.id}' goes on."


def _quiet(report: DrillReport) -> Sheet:
    rows = tuple(
        (
            str(number),
            cell.suite,
            "alarm" if cell.signals else _quiet_word(cell),
            _signal(cell),
            _change(cell),
            cell.run,
        )
        for number, cell in enumerate(report.fault_free, start=1)
    )
    alarms = "none was run" if report.alarms is None else f"alarms in {share(report.alarms)}"
    title = f"Without a fault: {alarms}; at most {wording.percent(report.promised, digits=0)} is promised"
    return Sheet(title, (">run", "suite", "verdict", "by", "success, 95 %", "id"), rows if any_alarm(report) else ())


def any_alarm(report: DrillReport) -> bool:
    """True when a run without a fault raised an alarm, or could not be measured."""
    return any(cell.state != "missed" for cell in report.fault_free)


def _quiet_word(cell: Cell) -> str:
    words = {"missed": "quiet", "caught": "alarm"}
    return words.get(cell.state, cell.state)


def drill_markdown(report: DrillReport) -> str:
    """Both tables as Markdown."""
    return "\n\n".join(_markdown(sheet) for sheet in drill_sheets(report)) + "\n"


def _markdown(sheet: Sheet) -> str:
    lines = [f"### {plain(sheet.title)}", ""]
    if sheet.rows:
        heads = [head.removeprefix(">") for head in sheet.heads]
        rule = ["---:" if head.startswith(">") else "---" for head in sheet.heads]
        rows = [[plain(cell) for cell in row] for row in sheet.rows]
        lines += [f"| {' | '.join(row)} |" for row in (heads, rule, *rows)] + [""]
    return "\n".join([*lines, *(f"- {plain(note, 600)}" for note in sheet.notes)]).rstrip()


def drill_page(report: DrillReport, style: str) -> str:
    """Both tables as one HTML file. `style` is the style sheet, read by the caller."""
    body = "\n".join(section(sheet) for sheet in drill_sheets(report))
    return document(f"Drill {report.id}", style, f"<main>\n{body}\n</main>")


def drill_json(report: DrillReport) -> dict[str, object]:
    """Everything, for programs."""
    body: dict[str, object] = as_json(report)
    return body
