"""Cases and the immutable versions of the sets that hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from foretell.core.domain.values import Json


class _Nothing(dict[str, Any]):
    """An object without fields that gets none by mistake."""

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise TypeError("a case cannot be changed")

    def setdefault(self, key: str, default: Any = None) -> NoReturn:
        """Refused."""
        raise TypeError("a case cannot be changed")

    def update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise TypeError("a case cannot be changed")


NOTHING: Final = _Nothing()
"""For all cases without slices or metadata: two empty objects each are a third of the memory of a small case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One example: what the target is asked, and what would be right.

    `input` is text, a list of chat messages or any JSON. `turns` are the further user messages of a scripted
    conversation; `goal` is what a simulated user wants instead. `expected` is the gold answer, null when there is none.
    """

    id: str
    input: Json
    expected: Json = None
    slices: Mapping[str, str] = field(default_factory=dict[str, str])
    turns: tuple[Json, ...] = ()
    goal: str | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def as_json(self) -> dict[str, Json]:
        """The fields that are set, as they stand in a file."""
        row: dict[str, Json] = {"id": self.id, "input": self.input}
        if self.expected is not None:
            row["expected"] = self.expected
        if self.slices:
            row["slices"] = dict(self.slices)
        if self.turns:
            row["turns"] = list(self.turns)
        if self.goal is not None:
            row["goal"] = self.goal
        if self.metadata:
            row["metadata"] = dict(self.metadata)
        return row


@dataclass(frozen=True, slots=True)
class EvalSetVersion:
    """An immutable set of cases, known by the hash of its content.

    `version` is `v1`, `v2`, … for a frozen one, `working` for a folder's open one, and `sha-…` for a single file.
    """

    name: str
    version: str
    hash: str
    cases: Sequence[Case]

    @property
    def label(self) -> str:
        """How it is named to people: `core@v2`."""
        return f"{self.name}@{self.version}"
