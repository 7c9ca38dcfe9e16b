"""The guard as pytest sees it: on for the session and its child processes, asked after every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.network_guard.sitecustomize import ATTEMPTS_FILE


@pytest.fixture(scope="session", autouse=True)
def network_attempts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file in which this process and its children note their attempts to leave the machine."""
    attempts = tmp_path_factory.mktemp("network") / "attempts.txt"
    attempts.touch()
    search_path = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ATTEMPTS_FILE, str(attempts))
        patch.setenv("PYTHONPATH", os.pathsep.join(search_path))
        yield attempts


@pytest.fixture(autouse=True)
def stay_on_this_machine(network_attempts: Path) -> Iterator[None]:
    """Fail the test that tried to leave, even when it swallowed the error."""
    yield
    if made := network_attempts.read_text(encoding="utf-8"):
        network_attempts.write_text("", encoding="utf-8")
        pytest.fail(f"This test tried to leave the machine:\n{made}", pytrace=False)
