"""What is done on purpose to the steps of a trial: a fault that breaks one, or an output put in place of its own.

Both are data on a `TrialTask` and act nowhere but in the worker that carries it out. Only a drill makes faults; only a
proof by substitution and the replay of traffic, which does not call tools again, make substitutions.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from foretell.core.domain.values import Json, JsonObject

FAULT_ATTRIBUTE = "foretell.fault"
"""The span attribute that names the fault which changed a call of a step."""
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
