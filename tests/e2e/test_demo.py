"""The bundled application with its real local model: seen from inside, broken, and caught."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foretell.cli.demo import ADDRESS, break_prompt, local_model, require_model
from foretell.cli.init import unpack

pytestmark = [pytest.mark.e2e, pytest.mark.model, pytest.mark.timeout(900)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    """The example with its model running; the model ends with the test."""
    require_model()
    unpack("support", tmp_path)
    with local_model(tmp_path) as address:
        config = tmp_path / "foretell.toml"
        config.write_text(config.read_text("utf-8").replace(ADDRESS, address), "utf-8")
        yield tmp_path


def foretell(place: Path, *words: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "foretell", *words, "--json"], cwd=place, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def test_a_broken_prompt_shows_in_the_system_and_not_in_the_model(shop: Path) -> None:
    """36 real answers."""
    code, model = foretell(shop, "run", "model", "--limit", "6")
    assert code == 0, model
    assert [one["tally"]["unscored"] for one in model["runs"]] == [0, 0]
    code, before = foretell(shop, "run", "system", "--limit", "12")
    assert code == 0, before
    break_prompt(shop)
    _, after = foretell(shop, "run", "system", "--limit", "12")
    good, bad = (found["runs"][0]["tally"]["successes"] for found in (before, after))
    assert good >= 5  # 9 of 12 on a quiet machine; the model is not the same everywhere
    assert bad <= good - 4
    _, failed = foretell(shop, "failures", "latest")
    assert "context_cut" in {one["mode"]["name"] for one in failed["modes"]}
    assert failed["origins"][0]["step"]["name"] == "prompt"
    _, trial = foretell(shop, "show", f"{before['runs'][0]['id']}/standard-time")
    steps = [span["kind"] for span in trial["trial"]["record"]["outcome"]["trace"]["spans"]]
    assert steps == ["retrieval", "prompt", "llm", "postprocess", "render"]


@pytest.mark.full
def test_the_whole_story_ends_as_it_is_told(tmp_path: Path) -> None:
    """240 real answers: shipped, broken, held."""
    words = [sys.executable, "-m", "foretell", "demo", str(tmp_path / "shop")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "● ship: gate deploy" in done.stdout
    assert "■ hold: gate deploy" in done.stdout
    assert "prompt " in done.stdout.split("What changed since the baseline")[1]
