"""One command, measured: wall time, processor time of all its threads, peak memory."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall and of processor time, and megabytes (10^6 bytes) at the peak."""

    wall: float
    cpu: float
    peak_mb: float


def measure(words: Sequence[str], cwd: Path) -> Cost:
    """Run `python WORDS` to its end.

    Raises:
        RuntimeError: it ended with another code than 0; with what it said.
    """
    with (cwd / "said.txt").open("w+") as said:
        began = perf_counter()
        process = subprocess.Popen(
            [sys.executable, *words], cwd=cwd, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=_environment()
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}: {said.read()[-2000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


def best(costs: Sequence[Cost]) -> Cost:
    """The least of each: whatever else runs on the machine only adds."""
    return Cost(min(cost.wall for cost in costs), min(cost.cpu for cost in costs), max(cost.peak_mb for cost in costs))


@contextmanager
def mock_endpoint(latency_ms: float) -> Iterator[str]:
    """The mock in a process of its own; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.mock_endpoint", "--latency-ms", str(latency_ms)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _environment() -> dict[str, str]:
    """Ours, with the benchmarks importable."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
