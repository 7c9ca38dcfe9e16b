"""Which step spoilt an answer: the first one behind which it shows a defect, or lacks what was there before it."""

from collections.abc import Callable, Sequence

from foretell.core.analysis.trials.executed import labelled
from foretell.core.analysis.trials.phrases import occurs
from foretell.core.analysis.trials.prompts import prompts
from foretell.core.analysis.trials.rendering import stages
from foretell.core.analysis.trials.retrieved import read_texts
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Trial


def first_showing(trial: Trial, shows: Callable[[str], bool]) -> str | None:
    """The step that first gave a text which shows something; None when no step is seen to have done so."""
    found = stages(trial)
    return None if isinstance(found, NotSeen) else next((one.step for one in found if shows(one.text)), None)


def lost_at(trial: Trial, texts: Sequence[str], *, ignore_case: bool = True) -> str | None:
    """The step at which the first of some texts got lost on its way from what was read to the answer.

    None when it was never read, or nothing tells: then it is no step's fault that it is missing.
    """
    read, asked, made = read_texts(trial), prompts(trial, None), stages(trial)
    if isinstance(read, NotSeen) or isinstance(asked, NotSeen) or isinstance(made, NotSeen):
        return None
    for text in texts:
        if not any(occurs(text, one, ignore_case) for one in read):
            continue
        if asked and not any(occurs(text, prompt, ignore_case) for _, prompt in asked):
            return asked[-1][0]
        return next((one.step for one in made if not occurs(text, one.text, ignore_case)), None)
    return None


def last_model(trial: Trial) -> str | None:
    """The step of the last model call; None when none is seen."""
    trace = trial.outcome.trace
    spans = labelled(trace.spans) if isinstance(trace, Trace) else ()
    return next((label for label, span in reversed(tuple(spans)) if span.kind == "llm"), None)
