"""A gate's outlook as a table, and how to gain power in plain words."""

from collections.abc import Iterator

from foretell.core.analysis.planner import POWER, Prospect, SuiteOutlook
from foretell.core.domain.wording import percent
from foretell.reports.numbers import NONE, money
from foretell.reports.tables import Sheet

HEADS = (
    "suite",
    "rule",
    ">margin",
    ">cases",
    ">sees at best",
    ">discordance",
    ">P(ship | no change)",
    f">cases for {POWER * 100:g} %",
    ">trials",
    ">money",
)

EXPECTED = ">ends after"
AT_EXPECTED = 7


def planning_sheet(gate: str, currency: str, outlooks: tuple[SuiteOutlook, ...]) -> Sheet:
    """What each drop rule of a gate can see today, and what it takes to see its margin."""
    is_early = any(prospect.cases_expected is not None for one in outlooks for prospect in one.prospects)
    heads = (*HEADS[:AT_EXPECTED], EXPECTED, *HEADS[AT_EXPECTED:]) if is_early else HEADS
    rows = tuple(_row(one, prospect, currency) for one in outlooks for prospect in one.prospects)
    minor = ("sees at best", "money", "trials", "rule")
    return Sheet(f"gate {gate}", heads, rows, tuple(_notes(outlooks)) if rows else (), minor=minor)


def _row(outlook: SuiteOutlook, prospect: Prospect, currency: str) -> tuple[str, ...]:
    return (
        outlook.suite,
        outlook.rule,
        percent(outlook.margin),
        str(outlook.cases) if outlook.repeats == 1 else f"{outlook.cases} × {outlook.repeats}",
        percent(outlook.smallest_visible),
        f"{percent(prospect.discordance)} {'seen' if prospect.is_seen else 'assumed'}",
        percent(prospect.p_ship, digits=0),
        *([] if prospect.cases_expected is None else [f"{prospect.cases_expected:,.0f}"]),
        NONE if prospect.cases_needed is None else f"{prospect.cases_needed:,}",
        NONE if prospect.trials is None else f"{prospect.trials:,}",
        money(prospect.money, currency),
    )


def _notes(outlooks: tuple[SuiteOutlook, ...]) -> Iterator[str]:
    yield "sees at best: the smallest margin that could ship if not one case differed."
    yield "discordance: the share of cases on which two runs of an unchanged system differ."
    yield f"cases, trials, money: what P(ship | no change) = {POWER * 100:g} % takes, for one decision."
    if any(prospect.cases_expected is not None for one in outlooks for prospect in one.prospects):
        yield "ends after: the cases that this rule looks at on average with no change; the slowest rule decides."
    for one in outlooks:
        yield from _advice(one)
    yield "More power: add cases, or let fewer differ by chance (temperature 0, one seed, the same retrieved text)."
    yield "Where one case comes out differently from run to run, repeats average that out; else cases serve better."


def _advice(outlook: SuiteOutlook) -> Iterator[str]:
    worst = outlook.prospects[-1]
    if worst.p_ship >= POWER:
        yield f"{outlook.suite}, {outlook.rule}: the set suffices for its margin."
    elif worst.margin_seen is not None:
        wide = percent(worst.margin_seen)
        share = percent(worst.discordance)
        yield f"{outlook.suite}, {outlook.rule}: today's cases see a margin of {wide} at a discordance of {share}."
    if not worst.is_seen:
        yield f"{outlook.suite}: two finished runs of it would replace the assumed discordances by the seen one."
    if outlook.cost_per_trial is None:
        yield f"{outlook.suite}: no money is shown, because no finished run knows what a trial costs."
