"""What a trial will cost at the most, known before it starts: tokens × price."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isgeneratorfunction
from typing import TypeAlias

from foretell.adapters.execution.crew import Crew
from foretell.core.domain.conversation import Message
from foretell.core.domain.messages import asked
from foretell.core.domain.trial import TrialTask
from foretell.core.errors import ForetellError
from foretell.core.ports.targets import Turn

_Price: TypeAlias = Callable[[Turn, int], float | None]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a trial's target costs at the most, in USD; None when nobody can know.

    `is_judged` says that scorers ask models of their own, at a price that shows only afterwards.
    """

    at_most: float | None = None
    is_judged: bool = False


def quote(task: TrialTask, crew: Crew) -> Quote:
    """The price of a task. What a simulated user will say is not known, and so is the price of talking to one."""
    try:
        target, benches = crew.target(task.target), crew.benches(task.scorers)
    except ForetellError:  # the trial itself will tell
        return Quote()
    is_judged = any(
        isgeneratorfunction(bench.scorer.score) or getattr(bench.scorer, "embedder", None) is not None
        for bench in benches
    )
    price: _Price | None = getattr(target, "at_most", None)
    if price is None or task.case.goal is not None:
        return Quote(None, is_judged)
    return Quote(_scripted(task, price), is_judged)


def _scripted(task: TrialTask, price: _Price) -> float | None:
    total = 0.0
    history: tuple[Message, ...] = ()
    for answers, said in enumerate((task.case.input, *task.case.turns)):
        part = price(Turn(said, task.case.id, task.repeat, history, task.seed), answers)
        if part is None:
            return None
        total += part
        history = (*history, *asked(said))
    return total
