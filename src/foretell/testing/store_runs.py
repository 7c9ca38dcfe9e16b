"""What must hold of runs and their trials, in every store."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from foretell.core.domain.runs import Conclusion
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import key_of
from foretell.core.ports.facts import RunsWanted, TrialRow
from foretell.core.ports.findings import TrialColumns, TrialLine, TrialQuery
from foretell.testing.store_examples import CASES, concluded, example_run, full_trial, plain_trial, scored
from foretell.testing.store_port import AnyStore, Check, same


async def _begin(store: AnyStore, *rows: TrialRow, run_id: str = "r-1", repeats: int = 1) -> None:
    await store.facts.begin([example_run(run_id, repeats)], CASES)
    await store.facts.add(rows)
    await store.facts.flush()


async def run_is_kept_whole(store: AnyStore) -> None:
    """A run comes back as it was, however often it is begun, and says how it ended."""
    run = example_run("r-1")
    await store.facts.begin([run], CASES)
    await store.facts.begin([replace(run, suite="another")], CASES)
    same("a run that was begun twice", await store.facts.run("r-1"), run)
    await store.facts.end("r-1", "stopped", "the money ran out")
    ended = replace(run, status="stopped", note="the money ran out")
    same("a run that ended", await store.facts.run("r-1"), ended)
    await store.facts.begin([run], CASES)
    same("a run that is begun again after its end", await store.facts.run("r-1"), ended)
    same("a run that was never begun", await store.facts.run("r-2"), None)


async def runs_are_newest_first(store: AnyStore) -> None:
    """Runs are listed from the newest to the oldest, up to the limit."""
    for run_id, at in (
        ("old", "2026-01-01T00:00:00Z"),
        ("new", "2026-03-01T00:00:00Z"),
        ("mid", "2026-02-01T00:00:00Z"),
    ):
        await store.facts.begin([example_run(run_id, created_at=at)], CASES)
    same("the order of the runs", [run.id for run in await store.facts.runs()], ["new", "mid", "old"])
    same("the two newest runs", [run.id for run in await store.facts.runs(limit=2)], ["new", "mid"])


async def runs_are_found(store: AnyStore) -> None:
    """Runs are found by the beginning of their id, by their group or its beginning, and by their suite."""
    for run_id, group, suite in (("a1", "g-1", "s"), ("a2", "g-10", "s"), ("A3", "g-1", "t"), ("b_4", "h%1", "t")):
        await store.facts.begin([replace(example_run(run_id), group=group, suite=suite)], CASES)
    for wanted, found in (
        (RunsWanted(), ["b_4", "A3", "a2", "a1"]),
        (RunsWanted(id_begins="a"), ["a2", "a1"]),
        (RunsWanted(id_begins="b_"), ["b_4"]),
        (RunsWanted(id_begins="a_"), []),
        (RunsWanted(group="g-1"), ["A3", "a1"]),
        (RunsWanted(group_begins="g-"), ["A3", "a2", "a1"]),
        (RunsWanted(group_begins="h%"), ["b_4"]),
        (RunsWanted(group="g-1", suite="t"), ["A3"]),
    ):
        same(f"runs found by {wanted}", [run.id for run in await store.facts.runs(100, wanted)], found)
    same("the newest of those found", [run.id for run in await store.facts.runs(1, RunsWanted(suite="s"))], ["a2"])


async def trials_are_kept_whole(store: AnyStore) -> None:
    """A trial comes back exactly as it was, text and numbers that some encodings refuse included."""
    odd = Outcome({"half a pair": "\ud83d", "big": 2**70, "small": -(2**70), "zero": "\0"})
    rows = [
        full_trial("r-1", 0),
        plain_trial("r-1", 1, outcome=odd),
        plain_trial("r-1", 2, outcome=Outcome("x" * 99_999)),
    ]
    await _begin(store, *rows)
    for row in rows:
        same("a trial", await store.facts.trial("r-1", row.record.case_no, row.record.repeat), row)
    same("a trial that is not there", await store.facts.trial("r-1", 0, 1), None)
    same("a trial of no run", await store.facts.trial("r-2", 0, 0), None)


async def trials_are_kept_once(store: AnyStore) -> None:
    """The first trial of a key stays, whole: nothing of a later one is mixed into it."""
    first = scored(plain_trial("r-1", 0), {"a": Score(1.0)})
    later = concluded(
        scored(full_trial("r-1", 0), {"a": Score(0.0), "b": Score(2.0)}), Conclusion("failure", "m", ("n",))
    )
    await _begin(store, first, later, first)
    await _begin(store, later)
    same("the trial that is kept", await store.facts.trial("r-1", 0, 0), first)
    same("finished trials", await store.facts.finished("r-1"), frozenset({(0, 0)}))
    same("its state", (await store.findings.columns("r-1")).state.tolist(), [1])
    same(
        "its score",
        [values.tolist() for values in await store.findings.scores("r-1", "a")],
        [[key_of("greeting")], [0], [1.0]],
    )
    same("scores of the one that was not kept", len((await store.findings.scores("r-1", "b"))[0]), 0)
    same("modes of the one that was not kept", len((await store.findings.occurrences("r-1", "n"))[0]), 0)


async def flush_makes_durable(store: AnyStore) -> None:
    """After a flush every trial that was added before it is found, whoever added it."""
    await store.facts.begin([example_run("r-1", 200)], CASES)
    keys = [(case_no, repeat) for case_no in range(3) for repeat in range(200)]

    async def add(part: Sequence[tuple[int, int]]) -> None:
        for case_no, repeat in part:
            await store.facts.add([plain_trial("r-1", case_no, repeat)])

    await asyncio.gather(*(add(keys[worker::4]) for worker in range(4)))
    await asyncio.gather(store.facts.flush(), store.facts.flush())
    same("finished trials", await store.facts.finished("r-1"), frozenset(keys))
    same("finished trials of no run", await store.facts.finished("r-2"), frozenset[tuple[int, int]]())


def _listed(columns: TrialColumns) -> dict[str, Any]:
    names = ("case", "cluster", "repeat", "state", "mode", "cost", "latency", "environment")
    lists: dict[str, list[Any]] = {name: getattr(columns, name).tolist() for name in names}
    return {name: [None if math.isnan(value) else value for value in values] for name, values in lists.items()} | {
        "modes": columns.modes,
        "types": " ".join(str(getattr(columns, name).dtype) for name in names),
    }


async def columns_say_everything(store: AnyStore) -> None:
    """A run's columns are sorted by key of case and repeat, and hold NaN where a number is unknown."""
    refused = plain_trial("r-1", 1, 1, Outcome(error=TrialError("refused", "no"), cost_usd=0.0))
    rows = [
        concluded(refused, Conclusion("failure", "error", (), "no")),
        full_trial("r-1", 0),
        concluded(plain_trial("r-1", 2), Conclusion("unscored")),
        plain_trial("r-1", 1, 0),
    ]
    await _begin(store, *rows, repeats=2)
    await _begin(store, plain_trial("r-2", 0), run_id="r-2")
    greeting, chat, goal = (key_of(case.id) for case in CASES)
    by_case = {
        greeting: [(key_of("conversation-1"), 0, 0, 1, 0.00125, 431.5, True)],
        chat: [(chat, 0, 1, -1, None, None, False), (chat, 1, 0, 0, 0.0, None, False)],
        goal: [(goal, 0, -1, -1, None, None, False)],
    }
    wanted = [(case, *rest) for case in sorted(by_case) for rest in by_case[case]]
    names = ("case", "cluster", "repeat", "state", "mode", "cost", "latency", "environment")
    types = {"types": "int64 int64 int32 int8 int16 float64 float64 bool"}
    columns = dict(zip(names, map(list, zip(*wanted, strict=True)), strict=True)) | {"modes": ("error", "rude")} | types
    same("the columns", _listed(await store.findings.columns("r-1")), columns)


async def columns_of_nothing_are_empty(store: AnyStore) -> None:
    """A run without a finished trial has columns, of length 0."""
    await _begin(store)
    columns = await store.findings.columns("r-1")
    same("columns of no trials", (len(columns), columns.modes), (0, ()))
    same("scores of no trials", [len(values) for values in await store.findings.scores("r-1", "a")], [0, 0, 0])
    same("occurrences in no trials", [len(values) for values in await store.findings.occurrences("r-1", "a")], [0, 0])


async def pages_are_parts_in_order(store: AnyStore) -> None:
    """Trials are listed by position of the case and repeat, filtered, in parts."""
    rows = [full_trial("r-1", 2), plain_trial("r-1", 0, 1), plain_trial("r-1", 0, 0), full_trial("r-1", 1)]
    await _begin(store, *rows, repeats=2)

    async def page(query: TrialQuery) -> list[tuple[int, int]]:
        return [(line.case_no, line.repeat) for line in await store.findings.page(query)]

    same("all", await page(TrialQuery("r-1")), [(0, 0), (0, 1), (1, 0), (2, 0)])
    same("the middle", await page(TrialQuery("r-1", limit=2, offset=1)), [(0, 1), (1, 0)])
    same("successes", await page(TrialQuery("r-1", state="success")), [(0, 0), (0, 1)])
    same("one mode", await page(TrialQuery("r-1", mode="rude", offset=1)), [(2, 0)])
    same("a state without trials", await page(TrialQuery("r-1", state="unscored")), [])
    same("a mode that never was", await page(TrialQuery("r-1", mode="never")), [])
    line = TrialLine(
        1, "chat", 0, "failure", "rude", "polite is false", 0.00125, 431.5, "server_error: 503 to the last"
    )  # fmt: skip
    same("a line", list(await store.findings.page(TrialQuery("r-1", limit=1, offset=2))), [line])


async def whole_trials_come_in_order(store: AnyStore) -> None:
    """All trials of a run come whole, by position of the case and repeat, however many there are."""
    rows = [full_trial("r-1", 2), plain_trial("r-1", 0, 1), plain_trial("r-1", 0, 0), full_trial("r-1", 1)]
    rows += [plain_trial("r-1", 2, repeat) for repeat in range(1, 450)]
    await _begin(store, *rows, repeats=450)
    await _begin(store, plain_trial("r-2", 0), run_id="r-2")
    wanted = sorted(rows, key=lambda row: (row.record.case_no, row.record.repeat))
    same("all trials", [row async for row in store.findings.trials("r-1")], wanted)
    failed = [row for row in wanted if row.conclusion.state == "failure"]
    same("those that failed", [row async for row in store.findings.trials("r-1", "failure")], failed)


async def occurrences_are_primary_or_secondary(store: AnyStore) -> None:
    """A mode fired where it is the primary one or among the secondary ones, once in each trial."""
    ends = (Conclusion("failure", "a", ("b",)), Conclusion("failure", "b", ("a", "c")), Conclusion("failure", "c"))
    rows = [concluded(plain_trial("r-1", 0, repeat), end) for repeat, end in enumerate(ends)]
    await _begin(store, *rows, repeats=3)
    fired: dict[str, list[list[int]]] = {
        mode: [values.tolist() for values in await store.findings.occurrences("r-1", mode)] for mode in "abcd"
    }
    key = key_of("greeting")
    wanted: dict[str, list[list[int]]] = {
        "a": [[key, key], [0, 1]],
        "b": [[key, key], [0, 1]],
        "c": [[key, key], [1, 2]],
        "d": [[], []],
    }
    same("occurrences", fired, wanted)


async def scores_are_numbers(store: AnyStore) -> None:
    """Booleans are 0 and 1, a failed scorer and a label are NaN, one that does not apply is absent."""
    results = (Score(True), Score(False), Score(0.5), Score("label"), ScoreFailure("no"), NotApplicable("no"))
    rows = [
        scored(plain_trial("r-1", 0, repeat), {"s": result, "t": Score(9.0)}) for repeat, result in enumerate(results)
    ]
    await _begin(store, *rows, repeats=6)
    cases, repeats, values = await store.findings.scores("r-1", "s")
    wanted = [(0, 1.0), (1, 0.0), (2, 0.5), (3, None), (4, None)]
    shown = [
        (repeat, None if math.isnan(value) else value)
        for repeat, value in zip(repeats.tolist(), values.tolist(), strict=True)
    ]
    same("scores", (cases.tolist(), shown), ([key_of("greeting")] * 5, wanted))


async def judging_is_added_up(store: AnyStore) -> None:
    """What scorers and simulated users cost is known of a run, whatever its targets cost."""
    rows = [full_trial("r-1", 0), full_trial("r-1", 2), plain_trial("r-1", 1)]
    unknown = TrialRow(replace(full_trial("r-1", 0, 1).record, eval_cost_usd=None), Conclusion("success"))
    await _begin(store, *rows, unknown, repeats=2)
    await _begin(store, full_trial("r-2", 0), run_id="r-2")
    await _begin(store, run_id="r-3")
    costs = [await store.findings.judging_cost(run) for run in ("r-1", "r-2", "r-3")]
    same("the cost of judging", costs, [0.5, 0.25, 0.0])
    same("a trial whose judging costs nobody knows", await store.facts.trial("r-1", 0, 1), unknown)


async def cases_come_by_key(store: AnyStore) -> None:
    """The cases of a run come whole, by key, in the order of their set, and two runs may share them."""
    await _begin(store)
    await _begin(store, run_id="r-2")
    await store.facts.begin([example_run("r-3")], CASES[:1])
    by_key = [(key_of(case.id), case) for case in CASES]
    same("cases", list((await store.findings.cases("r-1")).items()), by_key)
    same("a key of no case", (await store.findings.cases("r-1")).get(1), None)
    same("cases of another run on the set", list((await store.findings.cases("r-2")).items()), by_key)
    same("cases of a run on another set", list((await store.findings.cases("r-3")).items()), by_key[:1])
    keys = np.array([key_of(CASES[2].id), 1, key_of(CASES[0].id)], np.int64)
    same(
        "ids by key, in the set's order",
        list(await store.findings.case_ids("r-1", keys, 9)),
        [CASES[0].id, CASES[2].id],
    )
    same("the first ids by key", list(await store.findings.case_ids("r-1", keys, 1)), [CASES[0].id])
    same("ids by key of another set", list(await store.findings.case_ids("r-3", keys, 9)), [CASES[0].id])
    same("ids of no key", list(await store.findings.case_ids("r-1", keys[:0], 9)), [])


RUN_CHECKS: tuple[Check, ...] = (
    run_is_kept_whole,
    runs_are_newest_first,
    runs_are_found,
    trials_are_kept_whole,
    trials_are_kept_once,
    flush_makes_durable,
    columns_say_everything,
    columns_of_nothing_are_empty,
    pages_are_parts_in_order,
    whole_trials_come_in_order,
    occurrences_are_primary_or_secondary,
    scores_are_numbers,
    judging_is_added_up,
    cases_come_by_key,
)
