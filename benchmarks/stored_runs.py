"""Make a store that holds two runs of many trials, for measuring how fast findings are read from it.

    python -m benchmarks.stored_runs --folder somewhere --trials 1000000

Answers are made up: four of five succeed, three modes of failure, one trial in two hundred unscored, costs and
latencies log-normal. The second run differs from the first in one trial of fifty.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

from foretell.adapters.store import open_store
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Usage
from foretell.core.domain.runs import Arm, Conclusion, Run
from foretell.core.domain.scores import Score, ScoreFailure, ScorerSpec
from foretell.core.domain.trial import Outcome, TargetSpec, TrialRecord
from foretell.core.ports.facts import TrialRow

STORE = "sqlite:///.foretell/store.db"
SCORERS = (ScorerSpec("contains_expected", "contains_expected"),)
PROJECT = '[project]\nname = "stored"\n'
AT_ONCE = 500


def run_of(name: str, trials: int) -> Run:
    """A finished run of a made-up target."""
    return Run(
        id=name,
        group=name,
        suite="system",
        layer="system",
        arm=Arm(TargetSpec("app", "http", {"url": "http://127.0.0.1/"})),
        evalset="core",
        version="v1",
        set_hash="0" * 64,
        scorers=SCORERS,
        success=None,
        modes=(),
        repeats=1,
        seed=0,
        cases=trials,
        planned=trials,
        created_at=f"2026-01-0{name[-1]}T00:00:00.000Z",
    )


def rows(run: Run) -> Iterator[TrialRow]:
    """Its trials, the same every time."""
    fate, chance = random.Random(1), random.Random(run.id)
    for number in range(run.planned):
        luck = fate.random() if chance.random() < 0.98 else chance.random()
        cost, latency = fate.lognormvariate(-6, 0.5), fate.lognormvariate(6.5, 0.4)
        outcome = Outcome(
            f"answer {number}", model="m", usage=Usage(200, 80), cost_usd=cost, latency_ms=latency, finish_reason="stop"
        )
        yield _row(run, number, luck, outcome)


def _row(run: Run, number: int, luck: float, outcome: Outcome) -> TrialRow:
    if luck > 0.995:
        score, conclusion = ScoreFailure("the judge did not answer"), Conclusion("unscored", reason="no judge")
    elif luck < 0.8:
        score, conclusion = Score(True), Conclusion("success")
    else:
        mode = ("wrong_answer", "outdated", "rude")[number % 3]
        score, conclusion = Score(False, "missing"), Conclusion("failure", mode, (), "missing")
    record = TrialRecord(run.id, number, f"c-{number}", 0, outcome, {"contains_expected": score})
    return TrialRow(record, conclusion)


async def make(folder: Path, trials: int) -> None:
    """Write the project file and the store."""
    (folder / "foretell.toml").write_text(PROJECT)
    store = open_store(STORE, folder)
    cases = [Case(f"c-{number}", f"question {number}", "answer") for number in range(trials)]
    for name in ("run-1", "run-2"):
        run = run_of(name, trials)
        await store.facts.begin([run], cases)
        batch: list[TrialRow] = []
        for row in rows(run):
            batch.append(row)
            if len(batch) == AT_ONCE:
                await store.facts.add(batch)
                batch.clear()
        await store.facts.add(batch)
        await store.facts.end(name, "done")
    await store.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=1_000_000)
    given = parser.parse_args()
    asyncio.run(make(given.folder, given.trials))
