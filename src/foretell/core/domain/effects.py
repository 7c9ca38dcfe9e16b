"""What is done on purpose to the steps of a trial: a fault that breaks one, or an output put in place of its own.

Both are data on a `TrialTask` and act nowhere but in the worker that carries it out. Only a drill makes faults; only a
proof by substitution and the replay of traffic, which does not call tools again, make substitutions.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeAlias

from foretell.core.domain.values import Json, JsonObject, seed_of

FAULT_ATTRIBUTE = "foretell.fault"
"""The span attribute that names the fault which changed a call of a step."""
FAULT_ENTRY = "foretell.fault"
"""The entry of W3C baggage that tells an application elsewhere which fault to act out."""
DRILL_SWITCH = "FORETELL_DRILL"
"""The environment variable that lets an application elsewhere obey it: "1", when it starts."""
DRILLED_ATTRIBUTE = "foretell.drill"
"""The span attribute of a step elsewhere that would obey."""
LARGEST_ENTRY = 3000
"""Characters of that entry: a request's whole baggage may have 8192, by W3C, and is not ours alone."""
SUBSTITUTED_ATTRIBUTE = "foretell.substituted"
"""The span attribute of a call whose output was put in place of its own."""


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A deliberate defect as data: its name in reports, the plugin it is built from and the plugin's parameters.

    `step` names the step that it acts on; None is the model boundary, where the target's requests to its model pass.
    `inputs` are inputs of other cases, for faults that take one thing for another. What a fault draws by chance depends
    on `seed` and on the trial's own seed, and on nothing else. `addresses` are environment variables that hold the
    address of the target's model, beside the usual ones.
    """

    name: str
    use: str
    params: JsonObject = field(default_factory=dict[str, Json])
    step: str | None = None
    seed: int = 0
    inputs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Substitution:
    """An output that a step is to give without being called. `call` counts the step's calls from 0; None is each."""

    step: str
    output: Json
    call: int | None = None


Effect: TypeAlias = FaultSpec | Substitution


def told(effects: Iterable[Effect], seed: int) -> str:
    """The fault on a step among some effects as text for baggage, with the trial's own seed in it; else nothing.

    Of the inputs of other cases it takes as many as there is room for.
    """
    spec = next((one for one in effects if isinstance(one, FaultSpec) and one.step is not None), None)
    if spec is None:
        return ""
    spec = replace(spec, seed=seed_of(spec.seed, seed), addresses=())
    text = _packed(spec)
    while len(text) > LARGEST_ENTRY and spec.inputs:
        spec = replace(spec, inputs=spec.inputs[:-1])
        text = _packed(spec)
    return text


def heard(text: str) -> FaultSpec | None:
    """The fault that `told` wrote; None for anything else."""
    try:
        fields: Any = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        inputs = tuple(str(one) for one in fields["inputs"])
        step, seed = str(fields["step"]), int(fields["seed"])
        return FaultSpec(str(fields["name"]), str(fields["use"]), dict(fields["params"]), step, seed, inputs)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _packed(spec: FaultSpec) -> str:
    return base64.urlsafe_b64encode(json.dumps(asdict(spec)).encode()).decode().rstrip("=")
