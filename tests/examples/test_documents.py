"""The examples in the documents run: every block that is marked with ```python run, those of one document in a row."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from foretell import cli, settings
from foretell.settings.source import Origin, Source
from tests.architecture.source import ROOT, repository_files

BLOCK = re.compile(r"^```(\w+)( run)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
DOCUMENTS = [path for path in repository_files() if path.suffix == ".md" and path.parts[0] in ("README.md", "docs")]


def blocks(text: str, language: str, *, is_marked: bool = False) -> list[tuple[int, str]]:
    """Line and content of the blocks in a language, all of them or those that are marked to run."""
    return [
        (text.count("\n", 0, found.start(3)), found[3])
        for found in BLOCK.finditer(text)
        if found[1] == language and (found[2] or not is_marked)
    ]


def run_blocks(name: str, text: str) -> int:
    """Run the marked blocks of a document in one namespace; how many there were."""
    namespace = {"__name__": "__main__"}
    found = blocks(text, "python", is_marked=True)
    for line, code in found:
        exec(compile("\n" * line + code, name, "exec"), namespace)
    return len(found)


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_examples_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.run_command_line(["init", str(tmp_path)]) == 0
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["example.py"])
    ran = run_blocks(str(path), (ROOT / path).read_text(encoding="utf-8"))
    assert ran > 0 or path not in (Path("README.md"), Path("docs/gate.md"))


def test_a_broken_example_is_caught() -> None:
    with pytest.raises(AssertionError):
        run_blocks("page.md", "Text.\n\n```python run\nx = 1\n```\n\n```python run\nassert x == 2\n```\n")


def test_an_example_that_is_not_marked_stays_as_it_is() -> None:
    assert run_blocks("page.md", "```python\nraise ValueError\n```\n\n```sh\nfalse\n```\n") == 0


def test_the_project_file_of_the_readme_is_good() -> None:
    ((_, text),) = blocks((ROOT / "README.md").read_text(encoding="utf-8"), "toml")
    data = tomllib.loads(text)
    project, warnings = settings.understand(Source(".", Origin("README.md"), data))
    assert (list(project.gates), warnings) == (["deploy"], ())
