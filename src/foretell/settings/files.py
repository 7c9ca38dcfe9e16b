"""JSON files that a scorer's parameters name: `contract = { file = "evals/contracts/support.json" }`."""

import json
import os
from collections.abc import Mapping
from typing import Any, cast

from foretell.core.errors import Problem
from foretell.settings.source import Source

FILE = "file"


def take_in_files(source: Source) -> list[Problem]:
    """Put the content of named files in place of their names, in the [scorers] tables; what cannot be read.

    So a run keeps what its scorers compared with, whatever becomes of the file.
    """
    problems: list[Problem] = []
    tables: Any = source.data.get("scorers")
    for name, table in cast("Mapping[str, Any]", tables if isinstance(tables, Mapping) else {}).items():
        if not isinstance(table, dict):
            continue
        parameters = cast("dict[str, Any]", table)
        for key, value in parameters.items():
            if hasattr(value, "keys") and list(value) == [FILE]:
                where = f"{source.origin.at('scorers', name)} {key}"
                parameters[key] = _read(source.root, str(value[FILE]), where, problems)
    return problems


def _read(root: str, path: str, where: str, problems: list[Problem]) -> Any:
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        problems.append(
            Problem(where, f"'{path}' cannot be read: {error.strerror}.", "Paths are relative to the project.")
        )
    except (ValueError, RecursionError) as error:
        problems.append(
            Problem(where, f"'{path}' is no JSON: {error}.", "'foretell contracts learn' writes such a file.")
        )
    return None
