"""The runs of one drill: each made or taken up again, and paid out of one purse."""

from dataclasses import dataclass, replace

from foretell.core.domain.drills import DrillPolicy
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.runs import Run, SuitePlan
from foretell.core.errors import ForetellError
from foretell.core.ports.facts import RunsWanted
from foretell.services.house import House
from foretell.services.run import Watcher, resume, run_plan, spent_on


@dataclass
class Campaign:
    """One drill under way."""

    house: House
    id: str
    policy: DrillPolicy
    watcher: Watcher | None
    left: float | None
    spent: float = 0.0
    stopped: str = ""

    async def run(self, plan: SuitePlan, name: str, fault: FaultSpec | None) -> Run | str:
        """The run of one fault (None: without one) on one suite, or why there is none that is whole."""
        if self.stopped:
            return f"not run: {self.stopped}"
        arm = replace(plan.arms[0], fault=fault)
        group = f"{self.id}/{plan.suite}/{name}"
        held = next(iter(await self.house.store.facts.runs(1, RunsWanted(group=group))), None)
        if (held is None or held.status != "done") and self.left is not None and self.left <= 0:
            return self._out_of_money()
        try:
            run, stopped = await self._worked_off(replace(plan, arms=(arm,), max_cost=self.left), group, held)
        except ForetellError as error:
            if fault is None:
                raise
            return str(error)
        cost = await spent_on(self.house, (run,))
        self.spent += cost
        self.left = None if self.left is None else self.left - cost
        if stopped is None:
            return run
        if len(await self.house.store.facts.finished(run.id)) < run.planned:
            return self._out_of_money()
        return str(stopped)

    def _out_of_money(self) -> str:
        limit = self.spent + (self.left or 0.0)
        self.stopped = f"of its money, {self.spent:.4g} of {limit:.4g} were spent."
        return f"not run to its end: {self.stopped}"

    async def _worked_off(self, plan: SuitePlan, group: str, held: Run | None) -> tuple[Run, ForetellError | None]:
        if held is not None and held.status == "done":
            return held, None
        if held is not None:
            done = await resume(self.house, held.id, self.left, self.watcher)
        else:
            done = await run_plan(self.house, plan, group, self.watcher)
        return done.runs[0], done.stopped
