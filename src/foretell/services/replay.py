"""Replay: traffic asked again with the recorded results of tools, beside what was answered then."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any, Final, cast

from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.effects import Effect, Substitution
from foretell.core.domain.runs import Arm, SuitePlan
from foretell.core.domain.steps import read_steps
from foretell.core.domain.trial import TargetSpec
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem

PRODUCTION: Final = "production"
STUB: Final[Mapping[str, Json]] = {"error": "this is a replay: no result was recorded for this call"}
"""What a tool gives whose call was not recorded."""


def beside(version: EvalSetVersion, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """The arms with production's own answers among them, where traffic recorded some."""
    is_recorded = any("answered" in case.metadata for case in version.cases)
    is_named = any(arm.target.name == PRODUCTION for arm in arms)
    return (*arms, Arm(TargetSpec(PRODUCTION, PRODUCTION))) if is_recorded and not is_named else arms


def check_pace(plan: SuitePlan) -> None:
    """See that a plan can keep its pace, where it has one.

    Raises:
        ConfigurationError: it is no speed, a case has no time, or several trials of a case would come at once.
    """
    if plan.pace is None:
        return
    if not 0 < plan.pace < inf:
        hint = "1 is as it was recorded, 60 an hour in a minute."
        raise ConfigurationError(Problem("--pace", f"{plan.pace:g} is no speed.", hint))
    if plan.repeats > 1:
        what = f"suite '{plan.suite}' has {plan.repeats} trials for each case, which would all come at once."
        raise ConfigurationError(Problem("--pace", what, "Add --repeats 1."))
    arrivals(plan.evalset.cases)


def arrivals(cases: Sequence[Case]) -> list[float]:
    """When each case arrived in production, in seconds since 1970.

    Raises:
        ConfigurationError: a case does not know.
    """
    found: list[float] = []
    for case in cases:
        try:
            found.append(datetime.fromisoformat(str(case.metadata.get("at"))).timestamp())
        except ValueError:
            hint = "Replay a sample of traffic, whose cases have one."
            raise ConfigurationError(Problem("--pace", f"case '{case.id}' has no recorded time.", hint)) from None
    return found


def replayed_tools(case: Case, target: TargetSpec) -> tuple[Effect, ...]:
    """For each tool among a target's steps what it gave then, call by call, and a stub for any call beyond."""
    steps: Any = target.params.get("steps")
    if not isinstance(steps, Mapping):
        return ()
    known: Any = case.metadata.get("tools")
    recorded = cast("Mapping[str, list[Json]]", known if isinstance(known, Mapping) else {})
    found: list[Effect] = []
    for step in read_steps(cast("Mapping[str, Json]", steps), f"target '{target.name}' steps"):
        if step.kind == "tool":
            found += [Substitution(step.name, given, call) for call, given in enumerate(recorded.get(step.name, []))]
            found.append(Substitution(step.name, dict(STUB)))
    return tuple(found)
