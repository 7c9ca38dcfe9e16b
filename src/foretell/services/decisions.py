"""One decision for one question: what was decided is told again, and not drawn again."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from foretell.core.analysis.demands import policy_changes
from foretell.core.domain.files.decisions import SCHEMA, decision_from, record_of
from foretell.core.domain.policy import Decision
from foretell.core.errors import BadInput, ConfigurationError, NotEnoughEvidence, Problem, suggest
from foretell.core.ports.records import DECISION, Record
from foretell.services.aa import latest_note
from foretell.services.baseline import BESIDE
from foretell.services.gate import GateRequest, Prepared, decide_afresh, prepare_gate
from foretell.services.house import House
from foretell.services.run import Watcher
from foretell.services.waivers import waive_in, waivers_of

SHORTEST_REVISION = 7
_HASH = re.compile(r"[0-9a-f]+\+?")


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, and what is to be said of how it came about; `is_recorded` when it was made earlier."""

    decision: Decision
    is_recorded: bool = False
    remark: str = ""


async def decide(
    house: House, request: GateRequest, watcher: Watcher | None = None, record: str | None = None
) -> Answer:
    """The decision of a gate: the recorded one when the same question was decided before, else a new one.

    `record` names a file that carries the decision where the store does not last: it is read first, and written.

    Raises:
        ConfigurationError: an unknown gate, a limit that its sets could never clear, no baseline.
        BadInput: a baseline, a waiver or a record file that cannot be used.
    """
    prepared = await prepare_gate(house, request)
    waivers = waivers_of(house)
    carried = None if record is None else _read(house, record)
    known = await _known(house, prepared, carried)
    answer = _again(known) if known and known[0].is_final else None
    if answer is None:
        answer = await _afresh(house, prepared, known, watcher)
        if record is not None and carried is None and not known:
            answer = replace(answer, remark="attempt 1, earlier evidence not found")
    note = await latest_note(house, request.gate)
    decision = replace(waive_in(house, answer.decision, waivers), notes=(note,) if note else ())
    if not answer.is_recorded:
        await house.store.records.append(Record(DECISION, decision.key, decision.decided_at, asdict(decision)))
    if record is not None:
        house.papers.write(record, json.dumps(record_of(decision), indent=1, ensure_ascii=False) + "\n")
    return replace(answer, decision=decision)


async def _known(house: House, prepared: Prepared, carried: Decision | None) -> list[Decision]:
    """Earlier decisions of the same question: final ones first, then newest first."""
    if prepared.doubt:
        return []
    kept = await house.store.records.history(DECISION, prepared.key)
    known = [carried] if carried is not None and carried.key == prepared.key else []
    known += [decision_from({"schema": SCHEMA, **one.body}, f"decision {one.key}") for one in kept]
    return sorted(known, key=lambda one: not one.is_final)


def _again(known: Sequence[Decision]) -> Answer:
    text = f"decided at {known[0].decided_at}; asking again is not a second chance"
    return Answer(known[0], is_recorded=True, remark=text)


async def _afresh(house: House, prepared: Prepared, known: Sequence[Decision], watcher: Watcher | None) -> Answer:
    attempt = max((len(known), *(one.attempt for one in known))) + 1
    last = known[0] if known else None
    if not (prepared.policy.baseline or "").startswith(BESIDE):  # a base beside it has told its own policy
        moved = await _policy_moved(house, prepared.policy.name)
        prepared = replace(prepared, warnings=(*moved, *prepared.warnings))
    decision = replace(await decide_afresh(house, prepared, watcher, last), attempt=attempt)
    is_continued = last is not None and bool({*last.runs.values()} & {*decision.runs.values()})
    how = "goes on with what was run before" if is_continued else "what was decided before was cut short"
    remark = f"attempt {attempt}: {how}" if attempt > 1 else ""
    return Answer(decision, remark=remark)


async def _policy_moved(house: House, gate: str) -> tuple[str, ...]:
    """What a gate demands otherwise than at its newest ship in the store, or newest decision as long as none shipped.

    A baseline that a command named in place of the policy's is none of the policy, nor is one that it left out.
    """
    kept = [one for one in await house.store.records.history(DECISION, limit=1000) if one.body.get("gate") == gate]
    found = next((one for one in kept if one.body["ruling"] == "ship"), kept[0] if kept else None)
    if found is None:
        return ()
    last = decision_from({"schema": SCHEMA, **found.body}, f"decision {found.key}")
    old, new = last.policy, house.project.gates[gate]
    if not old.has_comparisons:
        new = new.without_baseline
    if (old.baseline or "").startswith(BESIDE):
        old, new = replace(old, baseline=None), replace(new, baseline=None)
    return policy_changes(old, new, f"the decision of {last.decided_at}")


def _read(house: House, path: str) -> Decision | None:
    text = house.papers.read(path)
    return None if text is None else decision_in(text, path)


def decision_in(text: str, where: str) -> Decision:
    """The decision in the text of a file.

    Raises:
        BadInput: it is not JSON, or holds no decision.
    """
    try:
        return decision_from(json.loads(text), where)
    except ValueError as error:
        raise BadInput(Problem(where, f"is not JSON: {error}.")) from error


async def find_ship(house: House, gate: str, revision: str) -> Decision:
    """The recorded ship of a revision, given by its hash or by any name that git knows: what may be rolled back to.

    Raises:
        ConfigurationError: an unknown gate or name, or too little of a hash.
        NotEnoughEvidence: the revision has no recorded ship.
    """
    if gate not in house.project.gates:
        raise ConfigurationError(Problem("", f"gate '{gate}' is not known.", suggest(gate, house.project.gates)))
    if not _HASH.fullmatch(revision):
        revision = await house.checkouts.find(revision)
    if len(revision) < SHORTEST_REVISION:
        hint = f"Give at least {SHORTEST_REVISION} characters of it."
        raise ConfigurationError(Problem("--rollback", f"'{revision}' is too short for a revision.", hint))
    ruled: list[str] = []
    for record in await house.store.records.history(DECISION, limit=100_000):
        code = record.body.get("code")
        if record.body.get("gate") != gate or not code or code.endswith("+"):
            continue
        if code.startswith(revision) or revision.startswith(code):
            if record.body["ruling"] == "ship":
                return decision_from({"schema": SCHEMA, **record.body}, f"decision {record.key}")
            ruled.append(record.body["ruling"])
    what = f"revision '{revision}' has no recorded ship"
    told = (
        f"{what}: it was decided, and the newest ruling is {ruled[0]}." if ruled else f"{what}: no decision names it."
    )
    raise NotEnoughEvidence(Problem(f"gate '{gate}'", told, "Decide it with 'foretell gate', on that revision."))
