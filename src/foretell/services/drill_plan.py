"""Which faults a drill tries on which target, and where each of them acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import getdoc
from typing import Any

from foretell.core import plugins
from foretell.core.domain.drills import DrillPolicy
from foretell.core.domain.effects import DRILL_SWITCH, FaultSpec
from foretell.core.domain.runs import Arm, SuitePlan
from foretell.core.domain.steps import Step, read_steps
from foretell.core.domain.trace import SpanKind
from foretell.core.domain.values import text_of
from foretell.core.errors import ConfigurationError, Problem, raise_all, suggest

ELSEWHERE = ("http", "command")
"""The kinds of targets whose steps foretell does not hold in its hands."""
NOBODY_OBEYS = (
    f"no step in the target's traces obeys a drill: it takes traces = true, foretell.step around the target's steps, "
    f"and {DRILL_SWITCH}=1 where it starts"
)
MOST_INPUTS = 20
"""Inputs of other cases that a fault may take for this one's."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A fault on one suite's target: where it acts, or why it cannot; the steps that name it rightly.

    `is_beyond_reach` says that there may be something to act on, which a drill cannot get at.
    """

    spec: FaultSpec
    steps: tuple[str, ...] = ()
    why_not: str = ""
    is_beyond_reach: bool = False


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What a fault's plugin says of itself."""

    kinds: tuple[str, ...]
    causes: tuple[str, ...]
    means: str
    is_of_model: bool


def faults_asked(policy: DrillPolicy, names: Sequence[str]) -> tuple[FaultSpec, ...]:
    """The faults that are asked for: those named, else the project's list, else every one that is known.

    Raises:
        ConfigurationError: unknown names, all at once.
    """
    known = {*plugins.known("faults"), *policy.own}
    wanted = list(names or policy.faults or sorted(known))
    raise_all(
        ConfigurationError,
        [Problem("", f"fault '{name}' is not known.", suggest(name, known)) for name in wanted if name not in known],
    )
    return tuple(policy.own.get(name, FaultSpec(name, name)) for name in dict.fromkeys(wanted))


def describe(spec: FaultSpec) -> FaultKind:
    """What the plugin behind a fault says of itself.

    Raises:
        ConfigurationError: it cannot be built.
    """
    built: Any = plugins.build("faults", spec.use, spec.params, f"fault '{spec.name}'")
    means = (getdoc(plugins.find("faults", spec.use)) or "").split("\n\n")[0].replace("\n", " ")
    return FaultKind(tuple(built.kinds), tuple(built.causes), means, hasattr(built, "answered"))


def place(
    spec: FaultSpec, plan: SuitePlan, policy: DrillPolicy, obeying: Mapping[str, SpanKind] | None = None
) -> Placed:
    """Where a fault acts on the target of a suite.

    `obeying` are the steps, with their kinds, that a target elsewhere told of itself in the reference and that obey a
    drill; None before there is one.

    Raises:
        ConfigurationError: it names a step that the target does not declare.
    """
    arm, kind = plan.arms[0], describe(spec)
    spec = replace(spec, inputs=_inputs(plan), addresses=policy.addresses, seed=plan.seed)
    steps = steps_of(arm)
    if kind.is_of_model:
        named = tuple(step.name for step in steps if step.kind in kind.kinds)
        named = named or tuple(name for name, of in (obeying or {}).items() if of in kind.kinds) or _own_steps(arm)
        why_not = (
            "" if _has_boundary(arm) else f"a target of kind {arm.target.kind} asks its model where no proxy stands"
        )
        return Placed(replace(spec, step=None), named, why_not, is_beyond_reach=bool(why_not))
    if arm.target.kind in ELSEWHERE:
        return _placed_elsewhere(spec, kind, obeying or {})
    if spec.step is not None and steps and spec.step not in {step.name for step in steps}:
        hint = suggest(spec.step, [step.name for step in steps])
        what = f"target '{arm.target.name}' declares no step '{spec.step}'."
        raise ConfigurationError(Problem(f"fault '{spec.name}'", what, hint))
    fitting = [step.name for step in steps if spec.step == step.name or (spec.step is None and step.kind in kind.kinds)]
    if not fitting:
        return Placed(spec, (), f"the target declares no step of kind {' or '.join(kind.kinds)}")
    return Placed(replace(spec, step=fitting[0]), (fitting[0],))


def _placed_elsewhere(spec: FaultSpec, kind: FaultKind, obeying: Mapping[str, SpanKind]) -> Placed:
    """On the first fitting step that the application itself tells of (`foretell.step`) and that obeys."""
    if ":" in spec.use:
        why = f"'{spec.use}' is not installed where the target runs: give it an entry point in foretell.faults"
        return Placed(spec, (), why, is_beyond_reach=True)
    fitting = [name for name, of in obeying.items() if spec.step == name or (spec.step is None and of in kind.kinds)]
    if fitting:
        return Placed(replace(spec, step=fitting[0]), (fitting[0],))
    if obeying:
        which = f"named '{spec.step}'" if spec.step else f"of kind {' or '.join(kind.kinds)}"
        return Placed(spec, (), f"none of the steps that the target tells of is {which}")
    return Placed(spec, (), NOBODY_OBEYS, is_beyond_reach=True)


def steps_of(arm: Arm) -> tuple[Step, ...]:
    """The steps that a target declares."""
    given: Mapping[str, Any] = arm.target.params.get("steps") or {}
    return read_steps(given, f"target '{arm.target.name}', steps")


def _has_boundary(arm: Arm) -> bool:
    return arm.target.kind in ("model", "command") or (arm.target.kind == "python" and arm.is_isolated)


def _own_steps(arm: Arm) -> tuple[str, ...]:
    """The step that a target of kind model reports by itself."""
    return ("chat",) if arm.target.kind == "model" else ()


def _inputs(plan: SuitePlan) -> tuple[str, ...]:
    texts = [text_of(case.input) for case in plan.evalset.cases if isinstance(case.input, str)]
    return tuple(texts[:: max(1, len(texts) // MOST_INPUTS)][:MOST_INPUTS])
