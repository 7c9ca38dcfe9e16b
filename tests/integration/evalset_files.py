"""Writes a file and imports it, for the tests of formats and of containers."""

import json
from pathlib import Path

from foretell.adapters.evalsets.imports import read_import
from foretell.core.domain.cases import Case


def imported(name: str, content: object, named: str | None = None) -> tuple[list[Case], list[str], list[str]]:
    """Cases, problems and notes of a file; content that is not text is written as JSON, one a line for `.jsonl`."""
    if name.endswith(".jsonl") and isinstance(content, list):
        content = "\n".join(json.dumps(row) for row in content)
    text = content if isinstance(content, str) else json.dumps(content)
    Path(name).write_text(text)
    found = read_import(name, named)
    return list(found.items), [str(one) for one in found.problems], [str(one) for one in found.notes]
