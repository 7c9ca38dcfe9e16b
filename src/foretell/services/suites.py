"""Plans of every layer: eval sets as they are, traffic sampled, anonymised and frozen first."""

from foretell.core.domain.runs import SuitePlan
from foretell.services.house import House
from foretell.services.plan import RunRequest, plan_suites


async def prepare_suites(house: House, request: RunRequest) -> tuple[SuitePlan, ...]:
    """The plans of the suites asked for, all of the project's when none is named.

    Raises:
        ForetellError: as `plan_suites`.
    """
    return plan_suites(house, request)
