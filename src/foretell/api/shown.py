"""What the Python face gives back: findings that show themselves as tables."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.analysis.runs.reading import ComparisonReport, FailureReport, RunSummary
from foretell.core.domain.policy import Decision
from foretell.core.domain.runs import Run
from foretell.reports.html import sheets_html
from foretell.reports.layout import sheet_lines
from foretell.reports.rule_text import told_with_it
from foretell.reports.steps import origin_sheet
from foretell.reports.tables import Sheet, comparison_sheet, cost_sheet, failure_sheet, summary_sheet
from foretell.reports.verdict import closing, headline, rules_sheet


class _Shown(ABC):
    """A value that shows itself as tables, in a notebook and in a terminal."""

    @abstractmethod
    def _sheets(self) -> Iterator[Sheet]: ...

    def __repr__(self) -> str:
        return "\n".join(line for sheet in self._sheets() for line in sheet_lines(sheet))

    def _repr_html_(self) -> str:
        return sheets_html(list(self._sheets()))


@dataclass(frozen=True, repr=False)
class Results(_Shown):
    """What was found in some runs.

    A summary and a failure report for each run, and the costs of each suite's runs side by side.
    """

    summaries: tuple[RunSummary, ...]
    failures: tuple[FailureReport, ...]
    costs: tuple[tuple[tuple[Run, CostFinding], ...], ...]

    def _sheets(self) -> Iterator[Sheet]:
        yield summary_sheet(self.summaries)
        for report in self.failures:
            yield failure_sheet(report)
            if report.origins:
                yield origin_sheet(report.run.id, report.origins, report.run.currency)
        yield from map(cost_sheet, self.costs)


@dataclass(frozen=True, repr=False)
class Comparison(_Shown):
    """Two runs compared."""

    report: ComparisonReport

    def _sheets(self) -> Iterator[Sheet]:
        yield comparison_sheet(self.report)


@dataclass(frozen=True, repr=False)
class GateResult(_Shown):
    """A gate's decision. `remark` says how it came about, when it was not decided just now."""

    decision: Decision
    remark: str = ""

    @property
    def ruling(self) -> str:
        """The verdict: `ship`, `hold` or `not-enough-evidence`."""
        return self.decision.ruling

    @property
    def blocking(self) -> str:
        """The verdict as a pipeline has to read it: `ship` also where reviewed waivers answer for what does not."""
        return self.decision.blocking

    def _sheets(self) -> Iterator[Sheet]:
        decision = self.decision
        lines = (self.remark, *told_with_it(decision), *closing(decision))
        sheet = rules_sheet(decision)
        yield replace(sheet, title=headline(decision), notes=(*sheet.notes, *filter(None, lines)))
