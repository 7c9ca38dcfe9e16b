"""Opening a store: what is made, what is refused and why, and what the writer says when it cannot go on."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from foretell.adapters.store import open_store, sqlite
from foretell.core.domain.scores import Score
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import BadInput, ConfigurationError, ForetellError, RunFailed, Unreachable
from foretell.core.ports.facts import RunsWanted
from foretell.core.ports.records import Record
from foretell.testing.store_examples import CASES, example_run, full_trial, plain_trial, scored

# Rights mean nothing to root, unless it gives up the privilege to pass them over.
AS_A_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
ADDRESS = "sqlite:///.foretell/store.db"


async def make(root: Path) -> Path:
    await open_store(ADDRESS, root).aclose()
    return root / ".foretell" / "store.db"


async def test_a_store_is_made_for_this_user_only(tmp_path: Path) -> None:
    path = await make(tmp_path)
    assert [oct(found.stat().st_mode & 0o777) for found in (path.parent, path)] == ["0o700", "0o600"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select no, name from foretell_migrations").fetchall() == [
            (1, "make_first_tables"),
            (2, "keep_what_judging_cost"),
            (3, "keep_arriving_spans"),
            (4, "keep_groups_and_suites"),
            (5, "find_conversations"),
        ]
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


async def test_conversations_of_an_older_store_are_found(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    some = [
        Interaction(f"i-{n:03}", "2026-01-01T00:00:00Z", "hi", conversation_id=f"c-{n // 2}") for n in range(1, 600)
    ]
    await store.traffic.add([*some, Interaction("i-alone", "2026-01-01T00:00:00Z", "hi")])
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / ".foretell" / "store.db")) as connection:
        connection.execute("drop index interactions_by_conversation")
        connection.execute("alter table interactions drop column conversation")
        connection.execute("delete from foretell_migrations where no = 5")
        connection.commit()
    again = open_store(ADDRESS, tmp_path)
    found = [sorted(await again.intake.of_conversation(name)) for name in ("c-0", "c-299", "none")]
    assert found == [["i-001"], ["i-598", "i-599"], []]
    await again.aclose()


async def test_an_absolute_address_does_not_count_from_the_root(tmp_path: Path) -> None:
    await open_store(f"sqlite:///{tmp_path}/here.db", "/nowhere").aclose()
    assert (tmp_path / "here.db").exists()


async def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    await store.facts.add([plain_trial("r", 0)])
    await store.aclose()  # flushes
    again = open_store(ADDRESS, tmp_path)
    await again.facts.add([plain_trial("r", 1)])  # of a run that this process did not begin
    await again.facts.flush()
    assert await again.facts.finished("r") == {(0, 0), (1, 0)}
    await again.aclose()


async def test_runs_of_an_earlier_schema_are_found_by_group_and_suite(tmp_path: Path) -> None:
    path = await make(tmp_path)
    store = open_store(ADDRESS, tmp_path)
    run = replace(example_run("r"), group="g-1", suite="s")
    await store.facts.begin([run], CASES)
    await store.aclose()
    with closing(sqlite3.connect(path)) as connection:  # as it was before the columns came
        connection.execute("alter table runs drop column group_name")
        connection.execute("alter table runs drop column suite")
        connection.execute("delete from foretell_migrations where no > 3")
        connection.commit()
    again = open_store(ADDRESS, tmp_path)
    assert await again.facts.runs(10, RunsWanted(group="g-1", suite="s")) == [run]
    await again.aclose()


def test_many_may_make_one_store_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: open_store(ADDRESS, tmp_path), range(8)))
    for store in stores:
        asyncio.run(store.aclose())


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("not an address", "store: 'not an address' is not an address. Write 'sqlite:///PATH'"),
        ("sqlite://", "store: 'sqlite://' names no file"),
        ("sqlite:///:memory:", "store: 'sqlite:///:memory:' names no file"),
        ("mysql://host/name", "store: 'mysql' databases are not supported"),
    ],
)
def test_an_address_of_no_store_is_refused(address: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(address)
    assert str(caught.value).startswith(text)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".foretell").write_text("a file")
    with pytest.raises(Unreachable, match=r"store\.db: cannot be written: .*Choose another place"):
        open_store(ADDRESS, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Unreachable, match="cannot be written: Permission denied"):
        open_store(ADDRESS, tmp_path)


READS = """
import asyncio, sys
from foretell.adapters.store import open_store
from foretell.testing.store_examples import example_run, full_trial

async def main():
    store = open_store(sys.argv[1], is_reading=True)
    assert [run.id for run in await store.facts.runs()] == ["r"]
    assert await store.facts.trial("r", 0, 0) == full_trial("r")
    try:
        await store.facts.end("r", "done")
    except Exception as error:
        print(type(error).__name__, error)
    await store.aclose()

asyncio.run(main())
"""


@pytest.mark.skipif(bool(AS_A_USER) and which("setpriv") is None, reason="root cannot give up its privileges here")
async def test_a_store_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    await store.facts.add([full_trial("r")])
    await store.aclose()
    path = tmp_path / ".foretell" / "store.db"
    path.chmod(0o444)
    path.parent.chmod(0o555)
    words = [*AS_A_USER, sys.executable, "-c", READS, f"sqlite:///{path}"]
    try:
        done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    finally:
        path.parent.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"RunFailed Store {path}: it cannot be written. Check the rights")


@pytest.mark.parametrize("size", [10, 5_000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, size: int) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no data\n" * size)
    with pytest.raises(BadInput, match="is damaged or not a store"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == b"no data\n" * size


async def test_a_damaged_store_is_an_error_of_ours(tmp_path: Path) -> None:
    path = await make(tmp_path)
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 20_000)
    with pytest.raises(BadInput, match="is damaged or not a store"):
        open_store(ADDRESS, tmp_path)


async def test_a_store_of_a_newer_foretell_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = await make(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into foretell_migrations values (999, 'later', '2030-01-01')")
        connection.commit()
    with pytest.raises(BadInput, match=r"has schema version 999, and this foretell knows versions up to \d+\. Upgrade"):
        open_store(ADDRESS, tmp_path)


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table invoices (id)")
    with pytest.raises(BadInput, match=r"is another program's database \(tables invoices\)"):
        open_store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("invoices",)]


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """A trigger stands in for the disk: no row of a trial can be inserted while it is there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("create trigger full before insert on trials begin select raise(abort, 'no space'); end")
        yield
        connection.execute("drop trigger full")


async def test_the_writers_error_is_raised_and_nothing_is_lost(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    with full_disk(tmp_path / ".foretell" / "store.db"):
        await store.facts.add([plain_trial("r", 0)])
        with pytest.raises(RunFailed, match="the database refused: no space"):
            await store.facts.flush()
        with pytest.raises(RunFailed, match="the database refused: no space"):
            await store.facts.add([plain_trial("r", 1)])
        with pytest.raises(RunFailed, match="the database refused: no space"):
            await store.facts.end("r", "done")
        assert await store.facts.finished("r") == frozenset()
    await store.facts.flush()  # tries again what it had taken
    assert await store.facts.finished("r") == {(0, 0)}
    await store.facts.add([plain_trial("r", 1)])
    await store.aclose()


async def test_names_that_were_numbered_in_vain_are_numbered_again(tmp_path: Path) -> None:
    mine, other = open_store(ADDRESS, tmp_path), open_store(ADDRESS, tmp_path)
    await mine.facts.begin([example_run("r")], CASES)
    with full_disk(tmp_path / ".foretell" / "store.db"):
        await mine.facts.add([scored(plain_trial("r", 0), {"mine": Score(1.0)})])
        with pytest.raises(RunFailed, match="no space"):
            await mine.facts.flush()
    await other.facts.add([scored(plain_trial("r", 1), {"other": Score(2.0)})])
    await other.facts.flush()
    await mine.facts.flush()
    values = [(await mine.findings.scores("r", name))[2].tolist() for name in ("mine", "other")]
    assert values == [[1.0], [2.0]]
    await mine.aclose()
    await other.aclose()


async def test_a_store_with_an_error_can_be_closed(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    with full_disk(tmp_path / ".foretell" / "store.db"):
        await store.facts.add([plain_trial("r", 0)])
        with pytest.raises(RunFailed, match="no space"):
            await store.aclose()


async def test_many_trials_at_once_wait_for_room_or_for_the_error(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r", 6_000)], CASES)
    rows = [plain_trial("r", 0, repeat) for repeat in range(6_000)]
    with full_disk(tmp_path / ".foretell" / "store.db"):
        with pytest.raises(RunFailed, match="no space"):
            await store.facts.add(rows)
        assert await store.facts.finished("r") == frozenset()
    await store.facts.flush()
    await store.facts.add(rows)  # waits for room, and finds each there
    await store.facts.flush()
    assert len(await store.facts.finished("r")) == 6_000
    await store.aclose()


async def test_a_lock_that_is_never_given_back_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    with closing(sqlite3.connect(tmp_path / ".foretell" / "store.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        await store.facts.add([plain_trial("r", 0)])
        with pytest.raises(RunFailed, match="another process has held it"):
            await store.facts.flush()
        assert await store.facts.finished("r") == frozenset()  # reading does not wait
    await store.facts.flush()
    assert await store.facts.finished("r") == {(0, 0)}
    await store.aclose()


async def test_a_file_that_was_deleted_is_noticed(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    for path in (tmp_path / ".foretell").iterdir():
        path.unlink()
    await store.facts.add([plain_trial("r", 0)])
    with pytest.raises(RunFailed, match="was deleted or replaced while it was open"):
        await store.facts.flush()
    with pytest.raises(RunFailed, match="was deleted or replaced"):
        await store.records.append(Record("k", "k", "t", None))
    with pytest.raises(RunFailed, match="was deleted or replaced"):
        await store.aclose()


async def test_one_persons_mistake_does_not_hurt_anothers_write(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)

    async def append(place: int) -> str:
        await store.records.append(Record("k", str(place), "t", place))
        return "kept"

    results = await asyncio.gather(
        *(append(place) for place in range(5)),
        store.facts.end("never-begun", "done"),
        *(append(place) for place in range(5, 10)),
        return_exceptions=True,
    )
    kinds = ["kept" if found == "kept" else type(found).__name__ for found in results]
    assert kinds == ["kept"] * 5 + ["BadInput"] + ["kept"] * 5
    assert len(await store.records.history("k")) == 10
    await store.aclose()


async def test_trials_of_a_run_that_was_never_begun_are_refused(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.facts.begin([example_run("r")], CASES)
    with pytest.raises(BadInput, match="Run never: is not in the store"):
        await store.facts.add([plain_trial("r", 0), plain_trial("never", 0)])
    await store.facts.flush()
    assert await store.facts.finished("r") == frozenset()
    with pytest.raises(BadInput, match="Run never: is not in the store"):
        await store.findings.columns("never")
    await store.aclose()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(ADDRESS, tmp_path)
    await store.aclose()
    await store.aclose()
    with pytest.raises(ForetellError, match="was closed"):
        await store.records.append(Record("k", "k", "t", None))
