"""Replay: traffic asked again with the recorded results of tools, beside what was answered then."""

from collections.abc import Mapping
from typing import Any, Final, cast

from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.effects import Effect, Substitution
from foretell.core.domain.runs import Arm
from foretell.core.domain.steps import read_steps
from foretell.core.domain.traffic import Interaction, answer_of
from foretell.core.domain.trial import TargetSpec
from foretell.core.domain.values import Json

PRODUCTION: Final = "production"
STUB: Final[Mapping[str, Json]] = {"error": "this is a replay: no result was recorded for this call"}
"""What a tool gives whose call was not recorded."""


def beside(version: EvalSetVersion, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """The arms with production's own answers among them, where traffic recorded some."""
    is_recorded = any("answered" in case.metadata for case in version.cases)
    is_named = any(arm.target.name == PRODUCTION for arm in arms)
    return (*arms, Arm(TargetSpec(PRODUCTION, PRODUCTION))) if is_recorded and not is_named else arms


def recorded(one: Interaction) -> dict[str, Json]:
    """What a case keeps of an anonymous interaction for its replay: what was answered then, and what its tools gave."""
    found: dict[str, Json] = {}
    if one.output is not None:
        found["answered"] = {"output": answer_of(one.output), "model": one.model, "cost_usd": one.cost_usd}
    tools: dict[str, list[Json]] = {}
    for span in one.spans:
        if span.kind == "tool" and span.error is None:
            tools.setdefault(span.name, []).append(span.output)
    return {**found, "tools": dict(tools)} if tools else found


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
