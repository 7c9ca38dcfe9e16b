"""A file of recorded outcomes as a target."""

import json
from pathlib import Path

import pytest

from foretell.adapters.targets.recorded import RecordedTarget
from foretell.core.domain.trial import TrialError
from foretell.core.errors import BadInput, ConfigurationError
from foretell.core.ports.targets import Tools, Turn
from foretell.testing.targets import ScriptedWire


def connect(root: Path, *rows: object) -> object:
    (root / "outcomes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return RecordedTarget("outcomes.jsonl").connect(Tools(ScriptedWire(), {}.get, str(root)))


async def test_outcomes_are_found_by_case_and_repeat(tmp_path: Path) -> None:
    live = connect(
        tmp_path, {"case_id": "a", "output": "x"}, {"case_id": "a", "repeat": 1, "output": "y", "cost_usd": 0}
    )
    first, second = [await live.answer(Turn("hi", "a", repeat)) for repeat in (0, 1)]
    assert (first.output, first.cost_usd, second.output, second.cost_usd) == ("x", None, "y", 0.0)


async def test_what_was_not_recorded_is_said(tmp_path: Path) -> None:
    live = connect(tmp_path, {"case_id": "a", "output": "x"})
    outcome = await live.answer(Turn("hi", "a", 3))
    assert outcome.error == TrialError("nothing_recorded", "outcomes.jsonl holds nothing for case 'a', repeat 3")


def test_bad_lines_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        connect(tmp_path, {"output": "x"}, {"case_id": "a", "cost_usd": -1}, {"case_id": "a"}, {"case_id": "a"})
    assert [problem.where for problem in caught.value.problems] == [f"outcomes.jsonl:{line}" for line in (1, 2, 4)]


@pytest.mark.parametrize(("path", "what"), [("nothing.jsonl", "there is no such file."), (".", "is a folder.")])
def test_a_file_that_is_none_is_named(tmp_path: Path, path: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RecordedTarget(path).connect(Tools(ScriptedWire(), {}.get, str(tmp_path)))
    assert str(caught.value) == (
        f"path = '{path}': {what} It is looked for at {tmp_path / path}: one recorded outcome a line."
    )
