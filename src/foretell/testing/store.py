"""What every store must do, as checks that can be run on any.

    from foretell.testing.store import check_store

    async def test_my_store(tmp_path):
        names = map(str, itertools.count())
        await check_store(lambda: my_open_store(tmp_path / next(names)))

Each check gets a store of its own that is empty, and raises AssertionError with what was found and what was wanted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from foretell.core.domain.people import Rating
from foretell.core.domain.traffic import Interaction
from foretell.core.ports.capture import Piece
from foretell.core.ports.intake import Waiting
from foretell.core.ports.records import Record
from foretell.core.ports.traffic import TrafficSample
from foretell.testing.store_port import AnyStore, Check, same
from foretell.testing.store_runs import RUN_CHECKS

__all__ = ["STORE_CHECKS", "AnyStore", "Check", "check_store"]


async def check_store(open_empty: Callable[[], AnyStore]) -> None:
    """Run every check on a store of its own.

    Raises:
        AssertionError: the first thing that is not as it must be.
    """
    for check in STORE_CHECKS:
        store = open_empty()
        try:
            await check(store)
        finally:
            await store.aclose()


async def records_stay_in_order(store: AnyStore) -> None:
    """Records are listed newest first; an equal one is kept once."""
    first = Record("decision", "core", "2026-01-01T00:00:00Z", {"ruling": "ship", "rules": [1, None]})
    second = replace(first, body={"ruling": "hold"})
    other = replace(first, key="other")
    for record in (first, second, other, replace(first, body={"rules": [1, None], "ruling": "ship"})):
        await store.records.append(record)
    await store.records.append(replace(first, kind="alert"))
    same("the newest of a key", await store.records.newest("decision", "core"), second)
    same("the newest of no key", await store.records.newest("decision", "none"), None)
    same("all of a kind", list(await store.records.history("decision")), [other, second, first])
    same("all about a key", list(await store.records.history("decision", "core")), [second, first])
    same("the last two", list(await store.records.history("decision", limit=2)), [other, second])


async def leases_are_one_holders(store: AnyStore) -> None:
    """A lease is one holder's until it is given back or runs out; its holder may renew it."""
    claims = store.claims
    taken = [await claims.acquire("job", holder, 60) for holder in ("ann", "bob", "ann")]
    same("who got the lease", taken, [True, False, True])
    same("another lease", await claims.acquire("job-2", "bob", 60), True)
    await claims.release("job", "bob")
    same("the lease after a release by somebody else", await claims.acquire("job", "bob", 60), False)
    await claims.release("job", "ann")
    same("the lease after its release", await claims.acquire("job", "bob", 0.02), True)
    async with asyncio.timeout(10):
        while not await claims.acquire("job", "ann", 60):  # noqa: ASYNC110 - only the clock changes the answer
            await asyncio.sleep(0.01)
    same("the lease after it ran out and was taken", await claims.acquire("job", "bob", 60), False)


async def cache_keeps_the_first(store: AnyStore) -> None:
    """What was remembered first under a key stays."""
    same("nothing", await store.claims.cached("key"), None)
    await store.claims.remember("key", b"\0first")
    await store.claims.remember("key", b"second")
    same("the first", await store.claims.cached("key"), b"\0first")


async def ratings_supersede(store: AnyStore) -> None:
    """The last rating by a rater on an item's aspect is in force; a dated one that comes again changes nothing."""
    no = Rating("item", "ann", False, at="2026-01-01T00:00:00Z")
    yes = replace(no, label=True, at="2026-01-02T00:00:00Z", confidence=0.75)
    judge = Rating("item", "judge-1", None, kind="judge")
    number, label = Rating("item", "ann", 4.0, "stars"), Rating("item-2", "ann", "mixed", "stars")
    await store.people.add([no, judge])
    await store.people.add([yes, number, label])
    await store.people.add([no])
    await store.people.add([])
    same("ratings of success", list(await store.people.ratings()), [judge, yes])
    same("ratings of stars", list(await store.people.ratings("stars")), [number, label])
    same("ratings of nothing", list(await store.people.ratings("none")), [])
    undated = replace(yes, at=None)
    await store.people.add([undated, replace(undated, label=False), undated])
    same("after undoing an undo", list(await store.people.ratings()), [judge, undated])


async def interactions_come_by_time(store: AnyStore) -> None:
    """A window holds start <= at < end in order of time, however the time is written; the first of an id stays."""
    times = ("2026-01-01T00:00:01Z", "2026-01-01T00:00:00.5Z", "2026-01-01T01:00:00.25+01:00", "2026-01-01T00:00:02Z")
    some = [Interaction(f"i-{place}", at, {"n": place}) for place, at in enumerate(times)]
    same("how many are new", await store.traffic.add(some[:3]), 3)
    changed = replace(some[0], input="changed")
    same("how many more are new", await store.traffic.add([changed, some[3], some[3]]), 1)
    found = [one async for one in store.traffic.window("2026-01-01T00:00:00.25Z", "2026-01-01T00:00:02Z")]
    same("the window", found, [some[2], some[1], some[0]])
    many = [Interaction(f"m-{place:04}", "2026-02-01T00:00:00Z", place) for place in range(1_203)]
    same("how many of many are new", await store.traffic.add(many), len(many))
    found = [one async for one in store.traffic.window("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")]
    same("a window of many at one time", sorted(one.id for one in found), [one.id for one in many])
    ends = ("2026-01-01T00:00:00.250000Z", "2026-02-01T00:00:00Z")
    same("the oldest and the newest", await store.traffic.span(), ends)
    gone = [one.id for one in many] + ["nobody"]
    same("how many were removed", await store.traffic.remove(gone), len(many))
    found = [one async for one in store.traffic.window("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    same("what is left", [one.id for one in found], ["i-2", "i-1", "i-0", "i-3"])


async def interactions_grow_from_a_journal(store: AnyStore) -> None:
    """What waits is there until it is let go, interactions change in place, and a conversation's are found by it."""
    pieces = [Piece("t-1", 2, is_root=True, body=b"covered", conversation="c"), Piece("t-2", 1, False, b"", 0.5)]
    first, second = await store.intake.keep(pieces), await store.intake.keep(pieces[:1])
    waiting = [Waiting(first, tuple(pieces)), Waiting(second, (pieces[0],))]
    same("what waits", [one async for one in store.intake.waiting()], waiting)
    one = Interaction("t-1", "2026-01-01T00:00:00Z", "hi", conversation_id="c")
    await store.traffic.add([replace(one, id="t-0"), replace(one, id="t-3", conversation_id=None)])
    grown = replace(one, at="2026-01-02T00:00:00Z", conversation_id="d")
    same("how many changed", await store.intake.settle([("t-1", lambda _: one), ("t-4", lambda _: None)], [first]), 1)
    same("a conversation", sorted(await store.intake.of_conversation("c")), ["t-0", "t-1"])
    same("how many of it change", await store.intake.settle([("t-1", lambda _: grown)], ()), 1)
    same("how many are as they are", await store.intake.settle([("t-1", lambda before: before)], ()), 0)
    same("what still waits", [one async for one in store.intake.waiting()], waiting[1:])
    ids = [list(await store.intake.of_conversation(name)) for name in ("c", "d", "e")]
    same("conversations", ids, [["t-0"], ["t-1"], []])
    found = [one async for one in store.traffic.window("2026-01-01T12:00:00Z", "2027-01-01T00:00:00Z")]
    same("what it is now", found, [grown])


async def samples_are_frozen(store: AnyStore) -> None:
    """A sample stays as it was frozen."""
    sample = TrafficSample("abc", ("i-1", "i-2"), "1 % of a week", "2026-01-08T00:00:00Z")
    await store.traffic.freeze(sample)
    await store.traffic.freeze(replace(sample, method="another"))
    same("the sample", await store.traffic.sample("abc"), sample)
    same("a sample that is not there", await store.traffic.sample("abd"), None)


STORE_CHECKS: tuple[Check, ...] = (
    *RUN_CHECKS,
    records_stay_in_order,
    leases_are_one_holders,
    cache_keeps_the_first,
    ratings_supersede,
    interactions_come_by_time,
    interactions_grow_from_a_journal,
    samples_are_frozen,
)
"""Every check. Their names say what must hold."""
