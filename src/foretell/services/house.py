"""The ports of one project, gathered: what every use case is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.project import Project
from foretell.core.ports.archives import Archives
from foretell.core.ports.checkouts import Checkouts
from foretell.core.ports.claims import Claims
from foretell.core.ports.evalsets import EvalSets
from foretell.core.ports.execution import Executor
from foretell.core.ports.facts import Facts
from foretell.core.ports.findings import Findings
from foretell.core.ports.forgetting import Forgetting
from foretell.core.ports.intake import Intake
from foretell.core.ports.names import Names
from foretell.core.ports.papers import Papers
from foretell.core.ports.people import People
from foretell.core.ports.records import Records
from foretell.core.ports.revisions import Revisions
from foretell.core.ports.traffic import Traffic


class Store(Protocol):
    """The eight store ports behind one address."""

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

    @property
    def forgetting(self) -> Forgetting:
        """Content taken out of what is stored."""
        ...

    async def aclose(self) -> None:
        """Write what is owed and close."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """A project with everything wired.

    `now` gives RFC 3339 in UTC, `new_id` an id that sorts by time. `at` gives the project that another folder holds,
    with the same store and executor. `pseudonym_key` is None when nobody set one. `names` loads the model of that name,
    which takes seconds: it is asked for where traffic is read.
    """

    project: Project
    evalsets: EvalSets
    store: Store
    executor: Executor
    archives: Archives
    revisions: Revisions
    papers: Papers
    checkouts: Checkouts
    at: Callable[[str], "House"]
    now: Callable[[], str]
    new_id: Callable[[], str]
    pseudonym_key: bytes | None = None
    names: Callable[[str], Names] | None = None
