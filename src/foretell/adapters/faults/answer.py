"""Good replies that are spoilt on their way to the user."""

from dataclasses import dataclass
from typing import Any, ClassVar

from foretell.adapters.faults.shapes import with_text
from foretell.adapters.faults.step_fault import QuietStepFault
from foretell.core.domain.trace import SpanKind
from foretell.core.ports.faults import Moment


@dataclass(frozen=True, slots=True)
class ContentDropped(QuietStepFault):
    """Post-processing takes content for decoration and drops it: only the first `keep` of the words are left."""

    keep: float = 0.4
    kinds: ClassVar[tuple[SpanKind, ...]] = ("postprocess",)
    causes: ClassVar[tuple[str, ...]] = ("content_lost",)

    def gave(self, output: Any, moment: Moment) -> Any:
        """The beginning of the text, in whole words."""

        def shortened(text: str) -> str:
            words = text.split()
            return " ".join(words[: int(len(words) * self.keep)])

        return with_text(output, shortened)


@dataclass(frozen=True, slots=True)
class MarkupBroken(QuietStepFault):
    """The renderer leaves its marks open: a tag, a code fence and a link that never end."""

    kinds: ClassVar[tuple[SpanKind, ...]] = ("render",)
    causes: ClassVar[tuple[str, ...]] = ("broken_markup", "wrong_format")

    def gave(self, output: Any, moment: Moment) -> Any:
        """The same content between marks that do not match."""
        return with_text(output, lambda text: f"<div><b>{text}</div>\n\n[more](https://example.org/help\n\n```\n")
