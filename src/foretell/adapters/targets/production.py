"""What production answered, as a target: the recorded answers of replayed traffic, scored beside the new ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json
from foretell.core.ports.targets import Tools, Turn


@dataclass(frozen=True, slots=True)
class ProductionTarget:
    """The recorded answers. Nothing is asked and nothing is paid again."""

    def connect(self, tools: Tools) -> "LiveProduction":
        """The live target."""
        del tools
        return LiveProduction()


class LiveProduction:
    """Answers with what was answered. One answer is the whole exchange."""

    is_recording = True

    async def answer(self, turn: Turn) -> Outcome:
        """The recorded answer, or the statement that none was recorded."""
        recorded: Any = turn.answered
        if not isinstance(recorded, Mapping):
            return Outcome(error=TrialError("nothing_recorded", "production's answer was not recorded"))
        said = cast("Mapping[str, Json]", recorded)
        model, cost = said.get("model"), said.get("cost_usd")
        return Outcome(
            output=said.get("output"),
            model=model if isinstance(model, str) else None,
            cost_usd=float(cost) if isinstance(cost, int | float) else None,
        )

    async def aclose(self) -> None:
        """Nothing to free."""
