"""Contracts as tables: what each step takes and gives, field by field."""

from collections.abc import Mapping
from typing import Any, cast

from foretell.core.analysis.trials.contracts import Contract
from foretell.core.domain.values import Json, JsonObject
from foretell.reports.numbers import NONE
from foretell.reports.tables import Sheet


def contract_sheet(title: str, contract: Contract, seen: Mapping[str, int]) -> Sheet:
    """The schemas of a contract; `seen` are the calls that each was learned from, empty for a declared one."""
    names = sorted({*contract.inputs, *contract.outputs})
    rows = tuple(
        (
            name,
            fields(contract.inputs.get(name)),
            fields(contract.outputs.get(name)),
            str(seen[name]) if name in seen else NONE,
        )
        for name in names
    )
    notes = ("A ? marks what may be absent. What is not named here may be there.",)
    return Sheet(title, ("step", "takes", "gives", ">calls"), rows, notes, minor=("calls",), long=("takes", "gives"))


def fields(schema: JsonObject | None) -> str:
    """A schema in one line.

    >>> fields(
    ...     {"type": "object", "properties": {"id": {"type": "string"}, "n": {"type": "number"}}, "required": ["id"]}
    ... )
    '{id: string, n?: number}'
    """
    if schema is None:
        return NONE
    named: Any = schema.get("properties")
    if isinstance(named, Mapping):
        required = schema.get("required") or ()
        parts = (
            f"{name}{'' if name in required else '?'}: {fields(_object(inner))}"
            for name, inner in cast("Mapping[str, Json]", named).items()
        )
        return f"{{{', '.join(parts)}}}"
    if isinstance(schema.get("items"), Mapping):
        return f"[{fields(schema['items'])}]"
    if isinstance(schema.get("anyOf"), list):
        return " | ".join(fields(_object(inner)) for inner in schema["anyOf"])
    kinds: Json = schema.get("type", "anything")
    return " | ".join(map(str, kinds)) if hasattr(kinds, "append") else str(kinds)


def _object(schema: Json) -> JsonObject:
    return cast("JsonObject", schema) if isinstance(schema, Mapping) else {}
