"""An application in files: found on its path, its errors told with the line they came from."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretell.adapters.targets.python import PythonTarget
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools, Turn
from foretell.testing.targets import ScriptedWire


@pytest.fixture(autouse=True)
def _own_imports() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def connect(root: Path, **params: object) -> object:
    return PythonTarget(**params).connect(Tools(ScriptedWire(), {}.get, str(root)))


async def answer(root: Path, **params: object) -> Outcome:
    live = connect(root, **params)
    try:
        return await live.answer(Turn("hi", "c-1"))
    finally:
        await live.aclose()


async def test_an_error_is_told_with_the_applications_last_line(tmp_path: Path) -> None:
    (tmp_path / "app_err").mkdir()
    source = "import json\n\ndef answer(said):\n    return read(said)\n\ndef read(said):\n    return json.loads(said)\n"
    (tmp_path / "app_err" / "core.py").write_text(source)
    outcome = await answer(tmp_path, call="app_err.core:answer")
    assert outcome.error == TrialError(
        "error",
        f"JSONDecodeError: Expecting value: line 1 column 1 (char 0) ({Path('app_err/core.py')}:7 in read)",
    )


@pytest.mark.parametrize("path", ["src", ["lib", "src"]])
async def test_folders_are_searched(tmp_path: Path, path: object) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app_found.py").write_text("def answer(said): return said * 2")
    assert (await answer(tmp_path, call="app_found:answer", path=path)).output == "hihi"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import a_library_that_is_not_there", "it needs 'a_library_that_is_not_there', which is not installed."),
        ("1 / 0", "ZeroDivisionError: division by zero."),
        ("def answer(:", "SyntaxError: "),
    ],
)
def test_a_module_that_breaks_is_told_apart_from_none(tmp_path: Path, source: str, what: str) -> None:
    (tmp_path / "app_broken.py").write_text(source)
    with pytest.raises(ConfigurationError) as caught:
        connect(tmp_path, call="app_broken:answer")
    assert str(caught.value).startswith(f"call = 'app_broken:answer': module 'app_broken' cannot be imported: {what}")
