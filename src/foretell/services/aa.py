"""A/A: the candidate against itself on the user's own set, to see how often the gate is wrong there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from foretell.core.analysis.decide import judge
from foretell.core.analysis.outlook import chance_to_ship
from foretell.core.domain.policy import GatePolicy, Ruling, Stop
from foretell.core.domain.runs import Run
from foretell.core.domain.trust import AaReport, RulingShare
from foretell.core.domain.values import seed_of
from foretell.core.domain.wording import percent
from foretell.core.errors import ConfigurationError, NotEnoughEvidence, Problem
from foretell.core.ports.records import Record
from foretell.core.stats.rates import wilson_interval
from foretell.services.baseline import baseline_of
from foretell.services.early import Part, judge_parts
from foretell.services.gate import Prepared, Side, evidence_of, standard_of
from foretell.services.gate_runs import run_suites
from foretell.services.house import House
from foretell.services.run import Watcher, spent_on

KIND = "aa"
RULINGS: tuple[Ruling, ...] = ("ship", "hold", "not-enough-evidence")


def trials_of(prepared: Prepared, pairs: int) -> int:
    """The trials that a number of A/A pairs takes."""
    return pairs * 2 * sum(len(side.plan.evalset.cases) * side.plan.repeats for side in prepared.sides)


async def run_aa(house: House, prepared: Prepared, pairs: int, watcher: Watcher | None = None) -> AaReport:
    """Decide `pairs` times between two fresh runs of the candidate. Kept in the store's records.

    Both runs of a pair have the same seed, as candidate and baseline have; every pair has its own.

    Raises:
        ConfigurationError: the gate compares with no baseline.
        NotEnoughEvidence: not even one pair could be run within its money or time.
    """
    policy = _policy_of(prepared.policy)
    left, stopped, pairs_done = policy.max_cost, "", list[Pair]()
    for number in range(pairs):
        sides = [_seeded(side, number) for side in prepared.sides]
        sets: list[Sequence[Run]] = []
        for _ in range(2):
            ran = await run_suites(house, replace(policy, max_cost=left), [side.plan for side in sides], watcher)
            left = None if left is None else left - await spent_on(house, ran.runs)
            stopped = stopped or ran.stopped
            if stopped:
                break
            sets.append(ran.runs)
        if stopped:
            break
        pairs_done.append(await _pair(house, (policy, f"{prepared.key} {number}"), sides, (sets[0], sets[1])))
    if not pairs_done:
        raise NotEnoughEvidence(Problem(f"gate '{policy.name}'", f"no A/A pair was finished: {stopped}."))
    report = AaReport(
        gate=policy.name,
        at=house.now(),
        pairs=len(pairs_done),
        trials=trials_of(prepared, len(pairs_done)),
        shares=_shares([pair.ruling for pair in pairs_done]),
        promised_hold=policy.alpha,
        expected_ship=pairs_done[-1].chance,
        is_without_variance=not any(pair.has_differed for pair in pairs_done),
        stopped=stopped,
    )
    await house.store.records.append(Record(KIND, policy.name, report.at, asdict(report)))
    return report


@dataclass(frozen=True, slots=True)
class Pair:
    """One decision between equals, and whether any case differed."""

    ruling: Ruling
    has_differed: bool
    chance: float | None


def _policy_of(policy: GatePolicy) -> GatePolicy:
    if not policy.has_comparisons:
        hint = "Add success = { may_drop = … } and a baseline."
        raise ConfigurationError(Problem(f"gate '{policy.name}'", "has no rule against a baseline to try out.", hint))
    return replace(policy, anchor=None, may_drop_since_anchor=None)


def _seeded(side: Side, number: int) -> Side:
    return replace(side, plan=replace(side.plan, seed=seed_of(side.plan.seed, "aa", number)), anchor=None)


async def _pair(
    house: House, asked: tuple[GatePolicy, str], sides: Sequence[Side], runs: tuple[Sequence[Run], Sequence[Run]]
) -> Pair:
    """The verdict between two runs: `asked` is the policy, and the seed of the order in which units are looked at."""
    policy, seed = asked
    evidence = [
        await evidence_of(house, policy, await _against(house, policy, side, first), second)
        for side, first, second in zip(sides, *runs, strict=True)
    ]
    differed = any(
        part.baseline is not None and bool((part.candidate.successes != part.baseline.successes).any())
        for part in evidence
    )
    stops: tuple[Stop, ...] = ()
    if policy.stop_early:
        parts = [Part(side.plan, part) for side, part in zip(sides, evidence, strict=True)]
        early = judge_parts(policy, parts, seed)
        judged, stops = early.judged, early.stops
    else:
        judged = judge(policy, evidence, standard_of(policy, [side.plan.evalset.hash for side in sides]))
    return Pair(judged.ruling, differed, chance_to_ship(policy, evidence, stops))


async def _against(house: House, policy: GatePolicy, side: Side, first: Run) -> Side:
    if side.baseline is None:  # as in the gate: traffic is held to floors and ceilings alone
        return side
    return replace(side, baseline=await baseline_of(house, first, "A/A", policy))


def _shares(rulings: Sequence[Ruling]) -> tuple[RulingShare, ...]:
    shares: list[RulingShare] = []
    for ruling in RULINGS:
        count = rulings.count(ruling)
        interval = wilson_interval(count, len(rulings))
        shares.append(RulingShare(ruling, count, interval.low, interval.high))
    return tuple(shares)


async def latest_note(house: House, gate: str) -> str:
    """The newest A/A of a gate in a sentence; empty when there is none."""
    record = await house.store.records.newest(KIND, gate)
    if record is None:
        return ""
    body = record.body
    parts = [
        f"{one['ruling'].replace('-', ' ')} {one['count']} of {body['pairs']} "
        f"[{percent(one['low'], digits=0)}, {percent(one['high'], digits=0)}]"
        for one in body["shares"]
    ]
    promise = f"holds are promised in at most {percent(body['promised_hold'], digits=0)}"
    return f"A/A of {body['at']}, the candidate against itself: {', '.join(parts)}; {promise}"
