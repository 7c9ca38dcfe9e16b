"""The only place where ports meet adapters."""

import os
import secrets
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from foretell import settings
from foretell.adapters.capture.files import TrafficFiles
from foretell.adapters.capture.names import PresidioNames
from foretell.adapters.capture.pool import CoverPool
from foretell.adapters.capture.reading import CONVERSATION, MARKS
from foretell.adapters.evalsets.files import FileEvalSets
from foretell.adapters.execution.local import LocalExecutor
from foretell.adapters.revisions.checkouts import Worktrees
from foretell.adapters.revisions.git import WorkingTree
from foretell.adapters.revisions.papers import ProjectPapers
from foretell.adapters.store import open_store
from foretell.core.analysis.traffic.sampling import Sampler
from foretell.core.domain.project import Project
from foretell.core.ports.evalsets import EvalSets
from foretell.services.covering import make_cover
from foretell.services.house import House
from foretell.services.ingest import Ingest, Rules
from foretell.services.traffic import anonymiser_of


def now() -> str:
    """The time in RFC 3339, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """An id that sorts by time and that a person can read out: `20261121-2114-3f9a2c`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def evalsets_of(project: Project) -> EvalSets:
    """The project's eval sets, as files."""
    return FileEvalSets(project.evalsets, project.root)


@asynccontextmanager
async def open_house(
    project: Project, *, ephemeral_key: bool = False, is_reading: bool = False
) -> AsyncGenerator[House]:
    """A project with its store open; everything is written and closed when the block ends.

    With `ephemeral_key` pseudonyms agree within this process only, unless the environment holds a key. With
    `is_reading` the store may be one that cannot be written.

    Raises:
        ForetellError: the store cannot be opened.
    """
    root = project.root
    if root not in sys.path:
        sys.path.insert(0, root)  # the project's own scorers are imported from its folder
    async with AsyncExitStack() as stack:
        store, checkouts = open_store(project.store, root, is_reading=is_reading), Worktrees(root)
        stack.push_async_callback(store.aclose)
        stack.push_async_callback(checkouts.aclose)

        def at(folder: str) -> House:
            """The project that another folder holds, whose eval sets and files are its own."""
            other = settings.load(os.path.join(folder, project.file))
            return replace(
                house,
                project=other,
                evalsets=evalsets_of(other),
                revisions=WorkingTree(folder),
                papers=ProjectPapers(folder),
                archives=TrafficFiles(folder),
            )

        house = House(
            project=project,
            evalsets=evalsets_of(project),
            store=store,
            executor=LocalExecutor(settings.secret, root, project.declared),
            revisions=WorkingTree(root),
            papers=ProjectPapers(root),
            checkouts=checkouts,
            at=at,
            now=now,
            new_id=new_id,
            archives=TrafficFiles(root),
            pseudonym_key=_pseudonym_key(ephemeral_key=ephemeral_key),
            names=PresidioNames,
        )
        yield house


def _pseudonym_key(*, ephemeral_key: bool) -> bytes | None:
    key = settings.secret("FORETELL_PSEUDONYM_KEY")
    if key:
        return key.encode()
    return secrets.token_bytes(32) if ephemeral_key else None


@asynccontextmanager
async def open_ingest(house: House) -> AsyncGenerator[Ingest]:
    """The house's intake of traffic at work; what is open when the block ends is put together and stored.

    Raises:
        ForetellError: there is no key for pseudonyms, or what anonymises cannot be loaded.
    """
    anonymiser, rules = anonymiser_of(house, "foretell serve"), house.project.traffic
    make = partial(make_cover, replace(anonymiser, names=None), house.names, house.project.anonymise.names)
    pool = CoverPool(make, max(1, (os.cpu_count() or 2) - 1))
    sampler = Sampler(rules.share, rules.upstream)
    ingest = Ingest(
        house.store.intake, pool, Rules(sampler, anonymiser, CONVERSATION, MARKS, rules.trace_wait), monotonic, now
    )
    try:
        await pool.warm()
        await ingest.start()
        try:
            yield ingest
        finally:
            await ingest.drain()
    finally:
        pool.close()


def open_project(path: str | None = None) -> Project:
    """The project file at `path`, or the nearest one above the working directory.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    return settings.load(path, os.getcwd())
