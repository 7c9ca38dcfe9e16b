"""Plans of every layer: eval sets as they are; traffic sampled, anonymised and frozen first."""

from dataclasses import replace

from foretell.core.domain.packed import PackedCases
from foretell.core.domain.runs import SuitePlan
from foretell.services.house import House
from foretell.services.plan import RunRequest, check_money, plan_suite, suites_asked
from foretell.services.traffic import freeze_sample


async def prepare_suites(house: House, request: RunRequest) -> tuple[SuitePlan, ...]:
    """The plans of the suites asked for, all of the project's when none is named.

    Raises:
        ForetellError: unknown names, an eval set or a traffic file that cannot be used.
    """
    check_money(request.max_cost, "the run")
    plans: list[SuitePlan] = []
    for suite in suites_asked(house, request):
        part = suite.traffic if request.evalset is None else None
        version = await freeze_sample(house, suite, part) if part is not None else None
        plan = plan_suite(house, suite, request, version)
        plans.append(replace(plan, evalset=replace(plan.evalset, cases=PackedCases(plan.evalset.cases))))
    return tuple(plans)
