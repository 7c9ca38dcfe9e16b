"""Prompts that lose their end, their instruction, or the value of a variable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from foretell.adapters.faults.shapes import with_text
from foretell.adapters.faults.step_fault import QuietStepFault
from foretell.core.domain.trace import SpanKind
from foretell.core.ports.faults import Moment


class _PromptFault(QuietStepFault):
    kinds: ClassVar[tuple[SpanKind, ...]] = ("prompt",)


@dataclass(frozen=True, slots=True)
class PromptTruncated(_PromptFault):
    """The template cuts its context: only the first `keep` of the prompt's characters are left."""

    keep: float = 0.4
    causes: ClassVar[tuple[str, ...]] = ("context_cut",)

    def gave(self, output: Any, moment: Moment) -> Any:
        """The beginning of the prompt."""
        return with_text(output, lambda text: text[: int(len(text) * self.keep)])


@dataclass(frozen=True, slots=True)
class InstructionDropped(_PromptFault):
    """The instruction is gone: the system message, else the first paragraph of the prompt."""

    causes: ClassVar[tuple[str, ...]] = ("prompt_changed",)

    def gave(self, output: Any, moment: Moment) -> Any:
        """What the instruction was about, alone."""
        messages = cast("list[Any]", output) if isinstance(output, list) else []
        kept = [message for message in messages if not _is_system(message)]
        if len(kept) < len(messages):
            return kept
        return with_text(output, lambda text: text.partition("\n\n")[2] or text.partition("\n")[2])


@dataclass(frozen=True, slots=True)
class VariableUnfilled(_PromptFault):
    """A placeholder of the template stays in the prompt: that of `variable`, else of the first one that is a text."""

    variable: str | None = None
    causes: ClassVar[tuple[str, ...]] = ("unfilled_variable",)

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        """The variable's own name in braces for its value."""
        texts = [name for name, value in arguments.items() if isinstance(value, str)]
        name = self.variable or next(iter(texts), None)
        return {**arguments, name: f"{{{name}}}"} if name is not None and name in arguments else arguments


def _is_system(message: Any) -> bool:
    role = message.get("role") if hasattr(message, "get") else getattr(message, "role", None)
    return role in ("system", "developer")
