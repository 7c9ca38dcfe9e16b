"""The bundled application under faults: with a scripted model in seconds, with the real one in `make test-full`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foretell.cli.demo import local_model, require_model
from foretell.cli.init import unpack
from tests.loopback_endpoint import Question, chat, endpoint

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
SMALL = ("retrieval_empty", "tool_field_renamed", "model_refuses", "model_retried")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    unpack("support", tmp_path)
    return tmp_path


def drilled(place: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "foretell", "drill", *words, "--json"],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model that repeats what it was given to rewrite."""

    async def told(question: Question) -> bytes:
        said = " ".join(question.text.partition("\n")[2].split())[:400]
        return chat(said, model="smollm2-135m", usage={"prompt_tokens": 150, "completion_tokens": 40})

    with endpoint(told) as model:
        monkeypatch.setenv("FORETELL_DEMO_URL", model.url)
        yield


@pytest.mark.usefixtures("scripted")
def test_every_fault_is_caught_and_blamed_on_its_step(shop: Path) -> None:
    words = [word for name in SMALL for word in ("--fault", name)]
    code, report = drilled(shop, *words, "--limit", "14", "--fault-free", "0")
    found = {one["fault"]: one["cells"][0] for one in report["findings"]}
    assert {name: (cell["state"], cell["step"], cell["is_cause_right"]) for name, cell in found.items()} == {
        "retrieval_empty": ("caught", "retrieve", True),
        "tool_field_renamed": ("caught", "lookup_order", True),  # though the template raises
        "model_refuses": ("caught", "complete", True),
        "model_retried": ("caught", "complete", True),
    }
    assert (code, report["alarms"]) == (0, None)


@pytest.mark.full
@pytest.mark.model
def test_the_real_model_under_faults_and_twenty_times_without(shop: Path) -> None:
    """About 350 real answers."""
    require_model()
    faults = ("retrieval_empty", "stale_index", "prompt_truncated", "model_refuses", "model_truncated", "markup_broken")
    with local_model(shop):
        assert os.environ["FORETELL_DEMO_URL"]
        words = [word for name in faults for word in ("--fault", name)]
        code, report = drilled(shop, *words, "--limit", "12", "--fault-free", "20")
    assert {one["fault"]: one["cells"][0]["state"] for one in report["findings"]} == dict.fromkeys(faults, "caught")
    assert sum(bool(one["cells"][0]["is_step_right"]) for one in report["findings"]) >= len(faults) - 1
    assert (report["alarms"]["n"], report["alarms"]["value"]) == (20, 0.0)
    assert code == 0
