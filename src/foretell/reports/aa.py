"""An A/A as a table."""

from collections.abc import Iterator

from foretell.core.domain.trust import AaReport
from foretell.core.domain.wording import percent
from foretell.reports.numbers import NONE, counted
from foretell.reports.tables import Sheet


def aa_sheet(report: AaReport) -> Sheet:
    """How often each ruling came out between equals, beside what is promised."""
    expected = NONE if report.expected_ship is None else f"at most {percent(report.expected_ship, digits=0)}"
    promises = {"ship": expected, "hold": f"at most {percent(report.promised_hold, digits=0)}"}
    rows = tuple(
        (
            one.ruling.replace("-", " "),
            str(one.count),
            percent(one.count / report.pairs),
            f"[{percent(one.low)}, {percent(one.high)}]",
            promises.get(one.ruling, NONE),
        )
        for one in report.shares
    )
    title = f"A/A of gate {report.gate}: {counted(report.pairs, 'pair')}, {counted(report.trials, 'trial')}"
    return Sheet(title, ("ruling", ">times", ">share", "Wilson 95 %", "promise"), rows, tuple(_notes(report)))


def _notes(report: AaReport) -> Iterator[str]:
    yield "Holds are promised to be rare only while the candidate keeps its floors and ceilings."
    if report.is_without_variance:
        yield "No case ever differed between two runs: this target answers the same each time (a recording does)."
    if report.stopped:
        yield f"Ended early: {report.stopped}."
