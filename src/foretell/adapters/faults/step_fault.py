"""What every fault of a step does when it does nothing; a fault says only what it changes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from foretell.core.domain.trace import SpanKind
from foretell.core.ports.faults import Moment


class QuietStepFault:
    """A defect that changes nothing. `causes` are the failure modes that name this defect rightly."""

    kinds: ClassVar[tuple[SpanKind, ...]] = ()
    causes: ClassVar[tuple[str, ...]] = ()

    @property
    def delay_s(self) -> float:
        """No delay."""
        return 0.0

    @property
    def calls(self) -> int:
        """One call."""
        return 1

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        """The arguments as they are."""
        return arguments

    def gave(self, output: Any, moment: Moment) -> Any:
        """The output as it is."""
        return output
