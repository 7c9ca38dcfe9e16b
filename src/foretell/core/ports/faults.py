"""What a fault is: a deliberate defect, on a step of the target or on its model."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from foretell.core.domain.trace import SpanKind
from foretell.core.domain.values import Json


@dataclass(frozen=True, slots=True)
class Moment:
    """One call that a fault acts on: the dice for it, and inputs of other cases to mistake this one for."""

    rng: Random
    inputs: tuple[str, ...] = ()


class StepFault(Protocol):
    """A defect of a step. A method that has nothing to change returns the very object that it was given.

    A call is made `calls` times, each `delay_s` seconds late; the last one's output is the step's.
    """

    @property
    def kinds(self) -> tuple[SpanKind, ...]:
        """The kinds of steps that it can act on."""
        ...

    @property
    def delay_s(self) -> float:
        """Seconds that each call is held back."""
        ...

    @property
    def calls(self) -> int:
        """How often the step is called for one call of the application."""
        ...

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        """The arguments that the step gets instead, by name. What it raises, the step raises."""
        ...

    def gave(self, output: Any, moment: Moment) -> Any:
        """What the step gives instead of its output, a live object of the application's."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's reply on its way back: the HTTP status, the body and further headers."""

    status: int
    body: Json
    headers: Mapping[str, str]


class ModelFault(Protocol):
    """A defect of a model behind an OpenAI-compatible address. It sees each request's body before and after.

    A request is sent on `calls` times, each `delay_s` seconds late; the last reply counts, the usage adds up.
    """

    @property
    def delay_s(self) -> float:
        """Seconds that each request is held back."""
        ...

    @property
    def calls(self) -> int:
        """How often a request is sent on."""
        ...

    def asked(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json] | Answered:
        """The request to send on instead; or a reply at once, and nothing is sent on."""
        ...

    def answered(self, body: Mapping[str, Json], moment: Moment) -> Mapping[str, Json]:
        """The reply to a request that went well, as the application gets it instead."""
        ...


class Proxy(Protocol):
    """Stands between a target and its models, with a fault between the two."""

    @property
    def struck(self) -> int:
        """Requests that the fault changed, delayed or turned away."""
        ...

    async def open(self) -> Mapping[str, str]:
        """Start, and say which address each of the models is to be found at instead."""
        ...

    async def aclose(self) -> None:
        """Stop."""
        ...
