"""A town with a base revision beside it, in memory."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from foretell.core.domain.policy import Decision, GatePolicy
from foretell.core.domain.project import Project
from foretell.core.ports.checkouts import Checkout
from foretell.services.decisions import Answer, decide
from foretell.services.gate import GateRequest
from foretell.services.house import House
from tests.unit.services.memory import OneSet, Town, Tree

GATE = GatePolicy("g", ("s",), at_least=0.3, may_drop=0.1)
BASE = "b" * 40


@dataclass
class Shelf:
    """Checkouts of one revision that nobody makes."""

    commit: str = BASE
    differing: Sequence[str] = ()
    asked: list[str] = field(default_factory=list[str])

    async def find(self, reference: str) -> str:
        self.asked.append(reference)
        return self.commit

    async def check_out(self, commit: str) -> Checkout:
        assert commit == self.commit
        return Checkout("/elsewhere/tree/town", "/elsewhere/tree", "/repository")

    async def changed(self, commit: str) -> Sequence[str]:
        return self.differing

    async def aclose(self) -> None: ...


def the_same(project: Project) -> Project:
    return project


@dataclass
class Two:
    """A town, and how its base differs."""

    town: Town = field(default_factory=lambda: Town(GATE))
    before: Callable[[Project], Project] = the_same
    size_before: int = 60
    shelf: Shelf = field(default_factory=Shelf)

    @property
    def house(self) -> House:
        now = self.town.house

        def at(folder: str) -> House:
            assert folder == "/elsewhere/tree/town"
            other: Any = OneSet(self.size_before)
            return replace(
                now, project=self.before(now.project), evalsets=other, revisions=Tree(self.shelf.commit[:12])
            )

        return replace(now, checkouts=self.shelf, at=at)

    def decide(self, reference: str = "main", record: str | None = None) -> Answer:
        return asyncio.run(decide(self.house, GateRequest("g", against=reference), record=record))

    def decision(self) -> Decision:
        return self.decide().decision
