"""Every check of a store over every store there is. A new one is one more line in `STORES`."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from foretell.adapters.store import open_store
from foretell.testing.store import STORE_CHECKS, AnyStore, Check, check_store


def sqlite(folder: Path) -> AnyStore:
    return open_store("sqlite:///store.db", folder)


STORES: dict[str, Callable[[Path], AnyStore]] = {"sqlite": sqlite}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    opened = STORES[request.param](tmp_path)
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_store(check: Check, store: AnyStore) -> None:
    await check(store)


async def test_all_checks_run_in_one_call(tmp_path: Path) -> None:
    opened: list[AnyStore] = []

    def open_empty() -> AnyStore:
        opened.append(sqlite(tmp_path / str(len(opened))))
        return opened[-1]

    await check_store(open_empty)
    assert len(opened) == len(STORE_CHECKS)
