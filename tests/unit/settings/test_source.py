"""Where the project file is found, and what is said when it cannot be read."""

from pathlib import Path

import pytest

from foretell import settings
from foretell.core.errors import ConfigurationError
from tests.unit.settings.sketches import GOOD

SHARED = GOOD.replace("[", "[tool.foretell.").replace('[tool.foretell."', '["')


def refusal(path: str | None, cwd: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(path, str(cwd))
    return str(caught.value)


def test_the_nearest_file_upward_is_read(tmp_path: Path) -> None:
    (tmp_path / "foretell.toml").write_text(GOOD)
    deep = tmp_path / "src" / "shop"
    deep.mkdir(parents=True)
    (deep.parent / "pyproject.toml").write_text("[tool.other]\n")
    assert settings.load(cwd=str(deep)).root == str(tmp_path)


def test_a_table_of_pyproject_will_do(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SHARED)
    project = settings.load(cwd=str(tmp_path))
    assert (project.name, project.root) == ("shop", str(tmp_path))
    assert settings.load("pyproject.toml", str(tmp_path)) == project


def test_a_mistake_in_pyproject_is_placed_there(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SHARED.replace('name = "shop"', "name = 3"))
    assert refusal(None, tmp_path) == "pyproject.toml, [tool.foretell.project] name: must be text, not 3."


def test_its_own_file_goes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "foretell.toml").write_text(GOOD.replace('name = "shop"', 'name = "own"'))
    (tmp_path / "pyproject.toml").write_text(SHARED)
    assert settings.load(cwd=str(tmp_path)).name == "own"


def test_a_file_or_a_folder_may_be_named(tmp_path: Path) -> None:
    folder = tmp_path / "evals"
    folder.mkdir()
    (folder / "foretell.toml").write_text(GOOD)
    (folder / "nightly.toml").write_text(GOOD.replace('name = "shop"', 'name = "nightly"'))
    assert settings.load("evals", str(tmp_path)).root == str(folder)
    assert settings.load("evals/nightly.toml", str(tmp_path)).name == "nightly"


def test_no_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    assert refusal(None, tmp_path) == (
        f"{tmp_path}: there is no foretell.toml, and no pyproject.toml with [tool.foretell], here or in a folder "
        "above. Make one with 'foretell init'."
    )


def test_a_named_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal("x.toml", tmp_path) == (
        f"{tmp_path}/x.toml: it cannot be read: No such file or directory. Make one with 'foretell init'."
    )


def test_a_named_pyproject_without_our_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert refusal("pyproject.toml", tmp_path) == (
        f"{tmp_path}/pyproject.toml: it has no [tool.foretell]. Add the tables, or make a foretell.toml with "
        "'foretell init'."
    )


def test_what_is_not_toml_is_told_by_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "foretell.toml").write_text("[project]\nname = shop\n")
    assert "it is not TOML: Invalid value (at line 2, column 8)." in refusal(None, tmp_path)


def test_what_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "foretell.toml").write_bytes(b"[project]\nname = '\xff'\n")
    assert "it is not UTF-8." in refusal(None, tmp_path)


def test_a_secret_is_a_variable_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "abc")
    monkeypatch.delenv("SHOP_OTHER", raising=False)
    assert (settings.secret("SHOP_KEY"), settings.secret("SHOP_OTHER")) == ("abc", None)
