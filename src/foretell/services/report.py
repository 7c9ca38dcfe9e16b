"""All that is known of one run, gathered."""

from foretell.core.analysis.runs.reading import RunReport
from foretell.core.errors import NotEnoughEvidence
from foretell.services.findings import cost, failures, summarise
from foretell.services.house import House
from foretell.services.run import find_run
from foretell.services.steps import steps


async def report(house: House, reference: str, examples: int = 3) -> RunReport:
    """What a run came to, what failed in it, what it cost beside its alternatives, and how its steps compound.

    Raises:
        BadInput: no such run.
    """
    run = await find_run(house, reference)
    try:
        compounding = await steps(house, run.id)
    except NotEnoughEvidence:  # no trial shows a step
        compounding = None
    return RunReport(
        await summarise(house, run),
        await failures(house, run.id, examples),
        tuple(await cost(house, run.id)),
        compounding,
    )
