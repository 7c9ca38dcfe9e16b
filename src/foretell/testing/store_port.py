"""The store as the checks see it."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from foretell.core.ports.claims import Claims
from foretell.core.ports.facts import Facts
from foretell.core.ports.findings import Findings
from foretell.core.ports.intake import Intake
from foretell.core.ports.people import People
from foretell.core.ports.records import Records
from foretell.core.ports.traffic import Traffic


class AnyStore(Protocol):
    """The seven ports of a store, and the way to give it back."""

    @property
    def facts(self) -> Facts:
        """Runs, outcomes and scores."""
        ...

    @property
    def findings(self) -> Findings:
        """Queries over them."""
        ...

    @property
    def records(self) -> Records:
        """Decisions and other statements."""
        ...

    @property
    def claims(self) -> Claims:
        """Leases and the cache."""
        ...

    @property
    def people(self) -> People:
        """Ratings."""
        ...

    @property
    def traffic(self) -> Traffic:
        """Interactions and samples."""
        ...

    @property
    def intake(self) -> Intake:
        """Spans on their way in."""
        ...

    async def aclose(self) -> None:
        """Write what is owed and close."""
        ...


Check: TypeAlias = Callable[[AnyStore], Awaitable[None]]
"""One thing that must hold of an empty store. Raises AssertionError when it does not."""


def same(what: str, found: object, wanted: object) -> None:
    """Raise AssertionError with both when they differ."""
    if found != wanted:
        raise AssertionError(f"{what}:\n  found  {found!r}\n  wanted {wanted!r}")
