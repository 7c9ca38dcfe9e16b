"""Several processes on one SQLite file: nothing is lost, nobody is told that it is locked, a kill costs nothing.

Run with arguments this file is one of those processes: `STORE ID SECONDS` writes until the time is over, saying after
each flush how many trials are durable.
"""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

from foretell.adapters.store import Store, open_store
from foretell.core.domain.people import Rating
from foretell.core.domain.scores import Score
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.records import Record
from foretell.testing.store_examples import CASES, example_run, plain_trial, scored

WRITERS = ("one", "two", "three")
AT_ONCE = 30
REPEATS = 1_000_000
LEASE = "what only one may do"


def trial(run_id: str, number: int) -> TrialRow:
    row = plain_trial(run_id, number % len(CASES), number // len(CASES))
    return scored(row, {"exact": Score(number % 2 == 0)})


async def write(store: Store, run_id: str, seconds: float) -> dict[str, Any]:
    """Write trials, records, ratings and leases; return what was acknowledged."""
    await store.facts.begin([example_run(run_id, REPEATS)], CASES)
    until = time.monotonic() + seconds
    trials = records = 0
    held: list[tuple[float, float]] = []
    while time.monotonic() < until:
        for _ in range(10):
            await store.facts.add([trial(run_id, trials + place) for place in range(AT_ONCE)])
            trials += AT_ONCE
        await store.records.append(Record("note", run_id, str(records), {"n": records}))
        await store.people.add([Rating(f"item-{records}", run_id, True)])
        records += 1
        if await store.claims.acquire(LEASE, run_id, 60):
            began = time.time()
            await store.records.append(Record("work", run_id, str(records), None))
            held.append((began, time.time()))
            await store.claims.release(LEASE, run_id)
        await store.facts.flush()
        print(trials, flush=True)  # noqa: T201 - the parent reads it
    return {"trials": trials, "records": records, "held": held}


async def main(url: str, run_id: str, seconds: float) -> None:
    store = open_store(url)
    said = await write(store, run_id, seconds)
    await store.aclose()
    print(json.dumps(said))  # noqa: T201 - the parent reads it


def start(path: Path, run_id: str, seconds: float) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-W", "error", __file__, f"sqlite:///{path}", run_id, str(seconds)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def counts(path: Path) -> tuple[int, int, int]:
    """Rows of the three tables of trials, in one state of the file."""
    sql = ", ".join(f"(select count(*) from {table})" for table in ("trials", "transcripts", "scores"))
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"select {sql}").fetchone()


async def test_three_writers_and_a_reader_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    processes = {run_id: start(path, run_id, 2.5) for run_id in WRITERS}
    outputs = asyncio.gather(*(asyncio.to_thread(process.communicate) for process in processes.values()))
    store = open_store(f"sqlite:///{path}")
    seen: list[tuple[int, int, int]] = []
    while not outputs.done():
        seen.append(await asyncio.to_thread(counts, path))
        await store.people.add([Rating("read", "reader", len(seen))])
        await asyncio.sleep(0.05)
    texts = dict(zip(WRITERS, await outputs, strict=True))
    assert {run_id: (process.returncode, texts[run_id][1]) for run_id, process in processes.items()} == dict.fromkeys(
        WRITERS, (0, "")
    )
    assert all(trials == transcripts == scores for trials, transcripts, scores in seen)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    said = {run_id: json.loads(output.splitlines()[-1]) for run_id, (output, _) in texts.items()}
    await everything_is_there(store, said)
    assert [rating.label for rating in await store.people.ratings() if rating.rater == "reader"] == [len(seen)]
    await store.aclose()


async def everything_is_there(store: Store, said: dict[str, Any]) -> None:
    for run_id, acknowledged in said.items():
        columns = await store.findings.columns(run_id)
        assert len(columns) == acknowledged["trials"]
        notes = [record.body["n"] for record in await store.records.history("note", run_id, 10_000)]
        assert notes == list(range(acknowledged["records"]))[::-1]
        last = acknowledged["trials"] - 1
        assert await store.facts.trial(run_id, last % len(CASES), last // len(CASES)) == trial(run_id, last)
    held = sorted(tuple(span) for acknowledged in said.values() for span in acknowledged["held"])
    assert len(held) == len(await store.records.history("work", limit=100_000))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(held)), "a lease was held twice"


async def test_what_was_flushed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    durable = 0
    for kill in range(3):
        process = start(path, "one", 60)
        assert process.stdout is not None
        for _ in range(2 + kill):
            durable = max(durable, int(process.stdout.readline()))
        process.kill()
        durable = max([durable, *map(int, process.communicate()[0].split())])

    store = open_store(f"sqlite:///{path}")
    finished = await store.facts.finished("one")
    assert finished >= {(number % len(CASES), number // len(CASES)) for number in range(durable)}
    before = counts(path)
    assert before == (len(finished),) * 3
    await store.facts.begin([example_run("one", REPEATS)], CASES)
    await store.facts.add([trial("one", number) for number in range(len(finished))])
    await store.facts.flush()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert counts(path) == before
    assert await store.facts.trial("one", 0, 0) == trial("one", 0)
    await store.aclose()


KILLED_AT_THE_SECOND = """
import asyncio, os, signal, sys
from sqlalchemy import event
from foretell.adapters.store import open_store
from foretell.testing.store_examples import CASES, example_run

store = open_store(sys.argv[1])

def die(connection, cursor, statement, parameters, *rest):
    if statement.startswith("INSERT INTO runs") and "second" in parameters:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(store._database.writing, "before_cursor_execute", die)
asyncio.run(store.facts.begin([example_run("first"), example_run("second")], CASES))
"""


def test_runs_that_start_together_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_SECOND, url], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL

    async def look() -> tuple[int, set[str]]:
        store = open_store(url)
        before = len(await store.facts.runs())
        await store.facts.begin([example_run("first"), example_run("second")], CASES)
        after = {run.id for run in await store.facts.runs()}
        await store.aclose()
        return before, after

    assert asyncio.run(look()) == (0, {"first", "second"})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
