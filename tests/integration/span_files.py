"""A project into which files of spans are taken, and what is kept of them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from foretell.adapters.store import open_store
from foretell.cli import run_command_line
from foretell.core.domain.traffic import Interaction

KEY = "a long random text"


def make_shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a folder, where the test works from now on."""
    (folder / "foretell.toml").write_text('[project]\nname = "shop"\n')
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", KEY)
    return folder


def taken(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `traffic import` prints of it as JSON."""
    assert run_command_line(["traffic", "import", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def kept(folder: Path) -> list[Interaction]:
    """All interactions in the store of a folder."""

    async def read() -> list[Interaction]:
        store = open_store("sqlite:///.foretell/store.db", folder)
        try:
            return [one async for one in store.traffic.window("2000-01-01", "2100-01-01")]
        finally:
            await store.aclose()

    return asyncio.run(read())
