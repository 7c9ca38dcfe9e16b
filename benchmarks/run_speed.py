"""What foretell costs beside its floor: a bare aiohttp client that writes a JSON line for each answer.

    python -m benchmarks.run_speed             # some three minutes
    python -m benchmarks.run_speed --full      # 100,000 cases, and a store of two million trials; some fifteen

Of a run, each further case between two sizes is compared, so that start-up does not count; see README.md.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import Cost, best, measure, mock_endpoint

PROJECT = """
[project]
name = "speed"
[targets.mock]
kind = "model"
model = "openai:mock"
url = "{url}"
concurrency = {concurrency}
[evalsets]
cases = "cases.jsonl"
[suites.speed]
layer = "model"
evalset = "cases"
target = "mock"
scorers = ["contains_expected"]
"""


@dataclass(frozen=True, slots=True)
class Load:
    """An endpoint that takes so long, so many calls at once, and the two numbers of cases."""

    latency_ms: float
    concurrency: int
    sizes: tuple[int, int]


def ours(folder: Path, url: str, load: Load, cases: int) -> Cost:
    """A project with as many cases, run once, into a fresh store."""
    place = Path(tempfile.mkdtemp(dir=folder))
    (place / "foretell.toml").write_text(PROJECT.format(url=url, concurrency=load.concurrency))
    rows = ({"id": f"c-{n}", "input": f"Case {n}: what is six times seven?", "expected": "42"} for n in range(cases))
    (place / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return measure(["-m", "foretell", "run"], place)


def floor(folder: Path, url: str, load: Load, cases: int) -> Cost:
    """The same calls without us."""
    words = ["--url", url, "--cases", str(cases), "--concurrency", str(load.concurrency)]
    return measure(["-m", "benchmarks.floor", *words, "--out", str(folder / "floor.jsonl")], folder)


Runner = Callable[[Path, str, Load, int], Cost]


def measured(load: Load, rounds: int) -> dict[str, tuple[Cost, Cost]]:
    """Ours and the floor at both sizes, taken in turns so that a busy minute of the machine hits both."""
    runners: dict[str, Runner] = {"floor": floor, "foretell": ours}
    costs: dict[tuple[str, int], list[Cost]] = {}
    with tempfile.TemporaryDirectory() as folder, mock_endpoint(load.latency_ms) as url:
        for _ in range(rounds):
            for size in load.sizes:
                for name, runner in runners.items():
                    costs.setdefault((name, size), []).append(runner(Path(folder), url, load, size))
    small, large = load.sizes
    return {name: (best(costs[name, small]), best(costs[name, large])) for name in runners}


def report(load: Load, found: dict[str, tuple[Cost, Cost]]) -> None:
    """The table of one load, and the ratio of floor to ours."""
    small, large = load.sizes
    print(f"\n{load.latency_ms:g} ms, {load.concurrency} at once; each further case between {small:,} and {large:,}:")
    print(f"{'':10}{'CPU':>12}{'wall':>12}{'cases/s':>10}{f'wall {large:,}':>16}{'peak MB':>18}")
    further: dict[str, tuple[float, float]] = {}
    for name, (at_small, at_large) in found.items():
        cpu, wall = ((b - a) / (large - small) for a, b in _pairs(at_small, at_large))
        further[name] = (cpu, wall)
        print(
            f"{name:10}{cpu * 1000:9.3f} ms{wall * 1000:9.3f} ms{1 / wall:10,.0f}{at_large.wall:14.1f} s"
            f"{at_small.peak_mb:9.0f} → {at_large.peak_mb:.0f}"
        )
    ratios = [at_floor / at_ours for at_floor, at_ours in zip(further["floor"], further["foretell"], strict=True)]
    print(f"{'ratio':10}{ratios[0]:12.2f}{ratios[1]:12.2f}")


def _pairs(small: Cost, large: Cost) -> tuple[tuple[float, float], tuple[float, float]]:
    return (small.cpu, large.cpu), (small.wall, large.wall)


def report_start(folder: Path, rounds: int) -> None:
    """Processor time to import the package, and until the help is printed."""
    print("\nstart-up:")
    for name, words in (("import foretell", ["-c", "import foretell"]), ("--help", ["-m", "foretell", "--help"])):
        cost = best([measure(words, folder) for _ in range(2 * rounds)])
        print(f"{name:18}{cost.cpu * 1000:8.0f} ms CPU{cost.wall * 1000:8.0f} ms wall")


def report_stored(folder: Path, trials: int) -> None:
    """Reading findings from a store that holds two runs of so many trials."""
    measure(["-m", "benchmarks.stored_runs", "--folder", str(folder), "--trials", str(trials)], folder)
    size = (folder / ".foretell" / "store.db").stat().st_size / 1e6
    print(f"\ntwo stored runs of {trials:,} trials, {size:.0f} MB on disk:")
    for words in (["failures", "run-2"], ["cost", "run-2"], ["compare", "run-1", "run-2"]):
        cost = best([measure(["-m", "foretell", *words], folder) for _ in range(2)])
        print(f"{words[0]:18}{cost.wall:8.1f} s wall{cost.cpu:8.1f} s CPU{cost.peak_mb:8.0f} MB peak")


def main(*, is_full: bool, rounds: int) -> None:
    """All of it."""
    sizes = (10_000, 100_000) if is_full else (5_000, 20_000)
    for load in (Load(0.0, 64, sizes), Load(50.0, 200, (2_000, 10_000))):
        report(load, measured(load, rounds))
    with tempfile.TemporaryDirectory() as folder:
        report_start(Path(folder), rounds)
        if is_full:
            report_stored(Path(folder), 1_000_000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    main(is_full=given.full, rounds=given.rounds)
