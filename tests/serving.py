"""`foretell serve` in a process of its own, and what it stored."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foretell.adapters.store import open_store
from foretell.core.domain.traffic import Interaction

PROJECT = """
[project]
name = "served"
[traffic]
share = {share}
upstream = 1.0
"""


@dataclass
class Served:
    """A server at an address."""

    process: "subprocess.Popen[str]"
    url: str

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of the answer."""
        request = urllib.request.Request(self.url + path, body, dict(headers or {}), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.read(), dict(reply.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), dict(error.headers)

    def helpers(self) -> list[Path]:
        """Its processes that anonymise, as folders of /proc that are there as long as they live; none without /proc."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [Path(f"/proc/{number}") for number in listed.read_text().split()] if listed.exists() else []

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait for the exit code."""
        self.process.send_signal(sent)
        return self.process.wait(timeout=30)


@contextmanager
def serving(
    folder: Path, *words: str, share: float = 1.0, env: Mapping[str, str] | None = None, seconds: float = 50
) -> Iterator[Served]:
    """A server of the project in a folder, on a free port; killed when the block ends. A folder may have its own."""
    if not (folder / "foretell.toml").exists():
        (folder / "foretell.toml").write_text(PROJECT.format(share=share))
    with subprocess.Popen(
        [sys.executable, "-m", "foretell", "serve", "--port", "0", *words],
        cwd=folder,
        env={**os.environ, "FORETELL_PSEUDONYM_KEY": "a key for tests", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        guard = threading.Timer(seconds, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield Served(process, line.split()[2].rstrip(","))
        finally:
            guard.cancel()
            process.kill()


def stored(folder: Path) -> list[Interaction]:
    """All interactions in the store of a folder; nothing may be left waiting."""

    async def read() -> list[Interaction]:
        store = open_store("sqlite:///.foretell/store.db", folder)
        try:
            assert [waiting async for waiting in store.intake.waiting()] == []
            return [one async for one in store.traffic.window("2000-01-01", "2100-01-01")]
        finally:
            await store.aclose()

    return asyncio.run(read())
