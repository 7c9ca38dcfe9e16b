"""After the deploy: the traffic of two releases, side by side in one window, decided with the same three verdicts.

Conversations of the two releases are independent samples. Each of the new release is matched with one of the old by
chance, which makes independent pairs whose mean difference is the difference of the releases, so that the gate's own
tests apply (a pair of independent answers is a pair). Looking again is a new test: the k-th look at the same two
releases has the level alpha / 2^k, so that all looks together keep alpha (Bonferroni).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from foretell.core.analysis.carry import read_units, write_units
from foretell.core.analysis.decide import Judged
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.aggregate import Units
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.files.decisions import SCHEMA, decision_from
from foretell.core.domain.policy import Decision, GatePolicy, SeenSuite
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.values import content_hash
from foretell.core.domain.wording import percent
from foretell.core.errors import ConfigurationError, NotEnoughEvidence, Problem, suggest
from foretell.core.ports.records import Record
from foretell.services.decisions import Answer
from foretell.services.fixtures import window_of
from foretell.services.gate import standard_of
from foretell.services.house import House
from foretell.services.retention import feedback_of
from foretell.services.waivers import waive_in, waivers_of

KIND = "canary"
SUITE = "traffic"


@dataclass(frozen=True, slots=True)
class CanaryRequest:
    """Which gate's limits, the release on trial, the one before it (None: the other one with the most traffic)."""

    gate: str
    new: str
    old: str | None = None
    window_days: float = 2.0


@dataclass(frozen=True, slots=True)
class _Release:
    """The conversations of a release: those with feedback as units, and how many there were in all.

    `has_one_chance` is false when they were not all kept with the same one.
    """

    name: str
    units: Units
    conversations: int
    has_one_chance: bool

    @property
    def said(self) -> str:
        share = len(self.units) / self.conversations if self.conversations else 0.0
        return f"{percent(share)} of {self.conversations} conversations of {self.name}"


async def decide_canary(house: House, request: CanaryRequest) -> Answer:
    """Compare two releases by what their users said, under a gate's limits on success and cost.

    Raises:
        ConfigurationError: an unknown gate or release, or no limit that traffic can be held to.
        NotEnoughEvidence: no conversation of a release has feedback.
    """
    if request.gate not in house.project.gates:
        hint = suggest(request.gate, house.project.gates)
        raise ConfigurationError(Problem("", f"gate '{request.gate}' is not known.", hint))
    found = [one for one in await window_of(house, request.window_days) if one.release is not None]
    names = Counter(str(one.release) for one in found)
    old = request.old or next((name for name, _ in names.most_common() if name != request.new), None)
    for name in (request.new, old):
        if name is None or name not in names:
            what = f"no traffic of release '{name}' in the window." if name else "the window holds one release alone."
            raise ConfigurationError(Problem("--canary", what, f"Releases there: {', '.join(names) or 'none'}."))
    new, before = (_release(found, str(name)) for name in (request.new, old))
    sample = content_hash(sorted(one.id for one in found))
    key = content_hash([request.gate, request.new, old])[:16]
    looks, gate = list(await house.store.records.history(KIND, key)), house.project.gates[request.gate]
    if looks and looks[0].body["sample"] == sample:
        known = decision_from({"schema": SCHEMA, **looks[0].body["decision"]}, f"canary {key}")
        if replace(known.policy, owners=gate.owners) == policy_of_look(gate, len(looks), before.name):
            remark = f"looked at {known.decided_at}; nothing has come since"
            return Answer(waive_in(house, known, waivers_of(house)), is_recorded=True, remark=remark)
    decision = _decided(house, policy_of_look(gate, len(looks) + 1, before.name), new, before)
    level = f"at a level of {1 - decision.policy.confidence:.4g} a side"
    note = f"look {len(looks) + 1} at these releases, {level}: each look has half the level of the one before"
    decision = replace(decision, key=key, attempt=len(looks) + 1, notes=(note,))
    body = {"sample": sample, "decision": asdict(decision)}
    await house.store.records.append(Record(KIND, key, decision.decided_at, body))
    return Answer(waive_in(house, decision, waivers_of(house)))


def policy_of_look(policy: GatePolicy, look: int, old: str) -> GatePolicy:
    """The limits that traffic can be held to, at the level of this look."""
    level = policy.alpha / 2**look
    kept = GatePolicy(policy.name, (SUITE,), policy.at_least, policy.may_drop, baseline=f"release {old}")
    return replace(kept, confidence=1 - level, cost_may_rise=policy.cost_may_rise, owners=policy.owners)


def _release(found: Sequence[Interaction], name: str) -> _Release:
    """A conversation succeeded when the last feedback in it is good; without feedback it says nothing."""
    talks: dict[str, list[Interaction]] = {}
    for one in found:
        if one.release == name:
            talks.setdefault(one.conversation_id or one.id, []).append(one)
    rated = [(talk, said) for talk in talks.values() if (said := _outcome(talk)) != "none"]
    if not rated:
        what = f"no conversation of release '{name}' has feedback."
        raise NotEnoughEvidence(Problem("--canary", what, "Record feedback, or widen the window."))
    order = np.random.default_rng(0).permutation(len(rated))
    rated = [rated[int(place)] for place in order]
    costs = [[one.cost_usd for one in talk] for talk, _ in rated]
    known = np.array([None not in some for some in costs])
    size = len(rated)
    return _Release(
        name,
        Units(
            key=np.arange(size),
            trials=np.ones(size, np.int64),
            successes=np.array([said == "good" for _, said in rated], np.int64),
            unscored=np.zeros(size, np.int64),
            environment=np.zeros(size, np.int64),
            cost=np.array([sum(cost or 0.0 for cost in some) for some in costs]),
            priced=known.astype(np.int64),
            fired={},
            unit="conversation",
        ),
        len(talks),
        len({one.probability for talk, _ in rated for one in talk}) == 1,
    )


def _outcome(talk: Sequence[Interaction]) -> str:
    said = [feedback for one in talk if (feedback := feedback_of(one)) != "none"]
    return said[-1] if said else "none"


def _decided(house: House, policy: GatePolicy, new: _Release, old: _Release) -> Decision:
    judged = _judge(house, policy, (new.name, old.name), (new.units, old.units))
    uneven = [one for one in (new, old) if not one.has_one_chance]
    sides = {"candidate": write_units(new.units), "baseline": write_units(old.units)}
    return Decision(
        gate=policy.name,
        ruling=judged.ruling,
        rules=judged.rules,
        reasons=judged.reasons,
        blind_spots=(
            f"only what users said: {new.said} and {old.said} have feedback; who says something is not everybody",
            "failure modes, slices, times and steps of the gate: traffic is held to success and cost alone",
            "whether the two releases were asked the same by the same users",
            *(f"{one.name}: its conversations were kept with unequal chances, and count alike" for one in uneven),
        ),
        policy=policy,
        runs={},
        baseline_runs={},
        decided_at=house.now(),
        key="",
        changed=(f"release {old.name} → {new.name}",),
        seen=(SeenSuite(SUITE, "", sides, {}),),
        releases=(new.name, old.name),
    )


def judge_releases(house: House, decision: Decision) -> Judged:
    """The verdict on two releases again, from the conversations that its record carries."""
    (seen,) = decision.seen
    sides = (read_units(seen.sides["candidate"]), read_units(seen.sides["baseline"]))
    return _judge(house, decision.policy, decision.releases, sides)


def _judge(house: House, policy: GatePolicy, releases: Sequence[str], sides: tuple[Units, Units]) -> Judged:
    evidence = Evidence(SUITE, *sides, is_unknown_cost_zero=house.project.unknown_cost == "zero")
    return judge_and_tell(policy, [evidence], standard_of(policy, releases))
