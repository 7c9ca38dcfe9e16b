"""What an application says of its own answer: the fields of a recorded outcome, read from a live one."""

from collections.abc import Mapping
from dataclasses import replace

from foretell.core.domain.files.outcomes import outcome_of
from foretell.core.domain.files.rows import Row
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json
from foretell.core.ports.targets import Turn


def reported(fields: Mapping[str, Json], turn: Turn) -> Outcome:
    """The outcome in an object with `output` and any other field of a recorded outcome.

    Fields that cannot be read make it an error. Only a recording can have nothing in it, and a target cannot
    excuse itself: an error of a kind that would leave the trial unscored is a plain one.
    """
    row = Row("the answer", {**fields, "case_id": turn.case_id, "repeat": turn.repeat})
    outcome = outcome_of(row).outcome
    if row.problems:
        return Outcome(error=TrialError("error", " ".join(str(problem) for problem in row.problems[:3])))
    error = outcome.error
    if error is not None and error.is_ours:
        says_so = error.kind != "nothing_recorded" or "error" in fields
        error = TrialError("error", error.message) if says_so else None
    trace = NotSeen("the target reported no spans") if isinstance(outcome.trace, NotSeen) else outcome.trace
    return replace(outcome, error=error, trace=trace, at=None)
