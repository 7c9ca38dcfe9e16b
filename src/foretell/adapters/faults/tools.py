"""Tools that fail, lag, give nothing, or give something of another shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from foretell.adapters.faults.shapes import with_fields
from foretell.adapters.faults.step_fault import QuietStepFault
from foretell.core.domain.trace import SpanKind
from foretell.core.ports.faults import Moment


class _ToolFault(QuietStepFault):
    kinds: ClassVar[tuple[SpanKind, ...]] = ("tool",)


@dataclass(frozen=True, slots=True)
class ToolError(_ToolFault):
    """The tool's service is down: the call raises."""

    message: str = "HTTP 503: Service Unavailable"
    causes: ClassVar[tuple[str, ...]] = ("tool_error", "error")

    def given(self, arguments: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
        """Raises what a client raises that gets no answer."""
        raise ConnectionError(self.message)


@dataclass(frozen=True, slots=True)
class ToolSlow(_ToolFault):
    """The tool answers late."""

    seconds: float = 5.0
    causes: ClassVar[tuple[str, ...]] = ("latency", "timeout")

    @property
    def delay_s(self) -> float:
        """As told."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class ToolEmpty(_ToolFault):
    """The tool answers that there is nothing: an empty list for a list, an empty text for a text, else None."""

    causes: ClassVar[tuple[str, ...]] = ("tool_contract", "tool_calls")

    def gave(self, output: Any, moment: Moment) -> Any:
        """Nothing of the kind."""
        empty: tuple[Any, ...] = ([], (), "")
        return next((one for one in empty if type(output) is type(one)), None) if output else output


@dataclass(frozen=True, slots=True)
class ToolFieldRenamed(_ToolFault):
    """A new version of the tool calls a field otherwise: `field`, else the last one."""

    field: str | None = None
    causes: ClassVar[tuple[str, ...]] = ("tool_contract",)

    def gave(self, output: Any, moment: Moment) -> Any:
        """The same values, one of them under another name."""

        def renamed(fields: dict[str, Any]) -> dict[str, Any]:
            old = self.field or list(fields)[-1]
            return {f"{name}_value" if name == old else name: value for name, value in fields.items()}

        return with_fields(output, renamed)


@dataclass(frozen=True, slots=True)
class ToolTypeChanged(_ToolFault):
    """A new version of the tool wraps a value in an object: that of `field`, else of the last one."""

    field: str | None = None
    causes: ClassVar[tuple[str, ...]] = ("tool_contract",)

    def gave(self, output: Any, moment: Moment) -> Any:
        """The same names, one value of another type."""

        def changed(fields: dict[str, Any]) -> dict[str, Any]:
            name = self.field or list(fields)[-1]
            return {**fields, name: {"value": fields.get(name), "unit": None}}

        return with_fields(output, changed)


@dataclass(frozen=True, slots=True)
class ToolRetried(_ToolFault):
    """The tool is called `times` times for one call: a retry loop that does not see that it succeeded."""

    times: int = 4
    causes: ClassVar[tuple[str, ...]] = ("retry_loop",)

    @property
    def calls(self) -> int:
        """As told."""
        return self.times
