"""One object of a file: its fields by type, with every mistake noted and none raised."""

import re
from collections.abc import Iterable
from typing import Any, cast

from foretell.core.domain.files.strict import show
from foretell.core.domain.files.times import utc_time
from foretell.core.domain.values import Json, JsonObject
from foretell.core.errors import Problem

_BARE = re.compile(r"true|false|-?\d+(\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Row:
    """A JSON object being read. A field that was asked for is taken; the others are the `rest`.

    Readers answer None for a field that is absent, null or wrong; only the last is a problem. So a whole file can be
    read before anything is said. A child (an object inside) notes its problems with its parent. Problems of a private
    row show no value of it: it may be personal.
    """

    def __init__(
        self, where: str, value: JsonObject, line: int = 0, parent: "Row | None" = None, *, is_private: bool = False
    ) -> None:
        self.where = where
        self.is_private = is_private if parent is None else parent.is_private
        self.value = value
        self.line = line
        self.problems: list[Problem] = [] if parent is None else parent.problems
        self._prefix = ""
        self._taken: set[str] = set()
        self._inner: dict[str, Row] = {}

    def wrong(self, name: str, what: str, hint: str = "") -> None:
        """Note a mistake in a field; `what` goes on after the field's name."""
        self.problems.append(Problem(self.where, f"'{self._prefix}{name}' {what}", hint))

    def has(self, name: str) -> bool:
        """True when the field is there and not null."""
        return self.value.get(name) is not None

    def take(self, name: str) -> Json:
        """The field as it is."""
        self._taken.add(name)
        return self.value.get(name)

    def rest(self, *inside: str) -> dict[str, Json]:
        """The fields that nobody asked for; those in the objects named by `inside` under that name."""
        found = {name: value for name, value in self.value.items() if name not in self._taken}
        for name in inside:
            if name in self._inner and (unread := self._inner[name].rest()):
                found[name] = unread
        return found

    def text(self, name: str) -> str | None:
        """A text, which may be empty."""
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value
        is_plain = isinstance(value, (int, float))
        return self._refuse(name, value, "text", f'Write "{show(value)}".' if is_plain else "")

    def name(self, name: str) -> str:
        """A required text that names something: not empty, no control characters. Empty when it is wrong."""
        value = self.text(name)
        if value is None:
            if not self.has(name):
                self.wrong(name, "is missing.", "It is required.")
            return ""
        if not value.strip():
            self.wrong(name, "is empty.", "It is required.")
        elif _CONTROL.search(value):
            shown = "a text" if self.is_private else show(value)
            self.wrong(name, f"is {shown}, which holds a control character.", "Use letters, digits and signs.")
        return value

    def number(self, name: str, is_signed: bool = False) -> float | None:
        """A number, 0 or more unless it may have a sign."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return self._refuse(name, value, "a number", _unquoted(value))
        return self._refuse(name, value, "0 or more") if value < 0 and not is_signed else float(value)

    def whole(self, name: str) -> int | None:
        """A whole number, 0 or more."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            return self._refuse(name, value, "a whole number", _unquoted(value))
        return self._refuse(name, value, "0 or more") if value < 0 else value

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self.take(name)
        if value is None or isinstance(value, bool):
            return value
        return self._refuse(name, value, "true or false", _unquoted(value))

    def time(self, name: str) -> str | None:
        """A time, in the form of `utc_time`."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return utc_time(value)
        except ValueError:
            return self._refuse(name, value, "an RFC 3339 time", "Write it like 2026-03-01T09:30:00Z.")

    def mapping(self, name: str) -> dict[str, Json]:
        """An object; empty when absent."""
        value = self.take(name)
        if isinstance(value, dict):
            return cast("dict[str, Json]", value)
        if value is not None:
            self._refuse(name, value, "an object")
        return {}

    def items(self, name: str) -> tuple[Json, ...]:
        """A list; empty when absent."""
        value = self.take(name)
        if isinstance(value, list):
            return tuple(cast("Iterable[Json]", value))
        if value is not None:
            self._refuse(name, value, "a list", f"Write [{show(value)}].")
        return ()

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found: list[str] = []
        for position, item in enumerate(self.items(name)):
            if isinstance(item, str):
                found.append(item)
            else:
                self._refuse(f"{name}[{position}]", item, "text")
        return tuple(found)

    def children(self, name: str) -> tuple["Row", ...]:
        """A list of objects, each to be read like this one; items that are none are noted and left out."""
        found: list[Row] = []
        for position, item in enumerate(self.items(name)):
            if isinstance(item, dict):
                found.append(self.child(f"{name}[{position}]", cast("dict[str, Json]", item)))
            else:
                self._refuse(f"{name}[{position}]", item, "an object")
        return tuple(found)

    def child(self, name: str, value: JsonObject) -> "Row":
        """An object inside this one."""
        inner = Row(self.where, value, self.line, parent=self)
        inner._prefix = f"{self._prefix}{name}."
        self._inner[name] = inner
        return inner

    def _refuse(self, name: str, value: Json, wanted: str, hint: str = "") -> Any:
        self.wrong(name, f"is not {wanted}.", "") if self.is_private else self.wrong(
            name, f"is {show(value)}, not {wanted}.", hint
        )
        return None


def _unquoted(value: Json) -> str:
    """A hint for a number, true or false that stands in quotes."""
    is_quoted = isinstance(value, str) and _BARE.fullmatch(value.strip()) is not None
    return f"Write {value.strip()} without quotes." if is_quoted else ""
