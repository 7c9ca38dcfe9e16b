"""The steps of a target as its project declares them: functions of the application, by their addresses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from foretell.core.domain.trace import SPAN_KINDS, SpanKind
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem, suggest

_KINDS_BY_NAME: tuple[tuple[str, SpanKind], ...] = (
    (r"retriev|search", "retrieval"),
    (r"prompt", "prompt"),
    (r"(llm|generate|complete|completion|model|chat)(_|$)", "llm"),
    (r"tool|lookup", "tool"),
    (r"postprocess|tidy", "postprocess"),
    (r"render", "render"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One seam as it is declared: the step's name, the function's address, the kind of its spans."""

    name: str
    call: str
    kind: SpanKind


def read_steps(steps: Mapping[str, Json], where: str) -> tuple[Step, ...]:
    """The seams of a target: `name = "module:function"`, or `{ call = "module:function", kind = "tool" }`.

    Raises:
        ConfigurationError: all mistakes at once.
    """
    found: list[Step] = []
    problems: list[Problem] = []
    for name, given in steps.items():
        here = f"{where}.{name}"
        fields = cast("Mapping[str, Json]", given) if isinstance(given, Mapping) else {"call": given}
        call, kind = fields.get("call"), fields.get("kind")
        if not isinstance(call, str) or not re.fullmatch(r"[\w.]+:[\w.]+", call):
            problems.append(Problem(here, f"{call!r} is no function's address.", "Write it like acme.search:search."))
        elif kind is not None and kind not in SPAN_KINDS:
            problems.append(Problem(here, f"kind {kind!r} is not known.", suggest(str(kind), SPAN_KINDS)))
        else:
            found.append(Step(name, call, cast("SpanKind", kind) if kind else kind_of(name, call)))
    if problems:
        raise ConfigurationError(*problems)
    return tuple(found)


def kind_of(name: str, call: str) -> SpanKind:
    """The kind that a step's name speaks of; else `tool` for a function of a module named tools, else `chain`.

    >>> kind_of("retrieve", "acme.index:query"), kind_of("refund", "acme.tools:refund"), kind_of("plan", "acme:plan")
    ('retrieval', 'tool', 'chain')
    """
    for pattern, kind in _KINDS_BY_NAME:
        if re.match(pattern, name):
            return kind
    return "tool" if call.partition(":")[0].rpartition(".")[2] == "tools" else "chain"
