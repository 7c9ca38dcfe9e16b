"""A person forgotten: out of stored traffic, of the eval sets made of it, of finished runs, and off the disk."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from foretell.core.analysis.traffic.personal import Anonymiser, texts_in
from foretell.core.domain.cases import Case
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json
from foretell.core.ports.evalsets import Rewritten
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.forgetting import Blanking
from foretell.core.ports.records import Record
from foretell.services.house import House
from foretell.services.retention import EVER, KIND, content_of, parts_of
from foretell.services.traffic import anonymiser_of

FORGOTTEN = "[forgotten]"
KEPT = ("origin", "at", "weight", "folded", "upstream", "conversation_id", "varied_from", "rule")
"""What stays of a case's metadata: none of it came from a person."""
KINDS = ("name", "email", "phone", "user", "card", "iban", "national_id", "ip", "street")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed: interactions, cases of eval sets, ratings; and what lost its content in finished runs.

    `waiting` requests of traffic are not put together yet: what is in them is not reached.
    """

    interactions: int
    trials: int
    runs: tuple[str, ...]
    ratings: int
    sets: tuple[Rewritten, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to be forgotten: what they are called in what is kept, and the interactions that speak of them."""

    names: frozenset[str]
    ids: frozenset[str] = frozenset()

    def is_in(self, value: Json) -> bool:
        """Whether any text of a value speaks of them."""
        return any(name in text for text in texts_in(value) for name in self.names)

    def speaks(self, one: Interaction) -> bool:
        """Whether an interaction is theirs, or speaks of them."""
        return one.id in self.names or one.conversation_id in self.names or self.is_in(content_of(one))

    def is_case(self, case: Case) -> bool:
        """Whether a case was made of such an interaction, or speaks of them; one that was emptied does not."""
        if case.input == FORGOTTEN:
            return False
        made_of = {case.id, case.metadata.get("varied_from"), case.metadata.get("conversation_id")}
        if made_of & (self.ids | self.names):
            return True
        content: list[Json] = [case.input, case.expected, list(case.turns), case.goal, dict(case.metadata)]
        return self.is_in([*content, dict(case.slices)])

    def is_trial(self, row: TrialRow) -> bool:
        """Whether a trial speaks of them."""
        return any(self.is_in(value) for value in _content_of_trial(row))


async def forget(house: House, who: str, *, is_dry: bool = False) -> Forgotten:
    """Take away all that speaks of a subject: a pseudonym, a conversation or an interaction. A record counts it.

    A subject that is no pseudonym is taken as what a pseudonym stands for: an address, a phone. It is looked for under
    the pseudonyms of every kind, and not kept. Finished runs keep their scores; eval sets lose the cases, also in
    frozen versions, whose hashes change.

    Raises:
        ConfigurationError: no key for pseudonyms, where one is needed.
        ForetellError: the disk could not be cleaned of what was removed.
    """
    store, names = house.store, _names(house, who)
    subject = Subject(names)
    ids = [one.id async for one in store.traffic.window(*EVER) if subject.speaks(one)]
    subject = replace(subject, ids=frozenset(ids))
    sets = tuple(
        one for name in house.project.evalsets for one in house.evalsets.remove(name, subject.is_case, is_dry=is_dry)
    )
    blanked = await store.forgetting.blank(Blanking(subject.is_case, subject.is_trial, _case, _trial), is_dry=is_dry)
    trials = blanked.trials
    runs = tuple(sorted({run for run, _, _ in trials}))
    waiting = len([one async for one in store.intake.waiting()])
    if is_dry:
        return Forgotten(len(ids), len(trials), runs, 0, sets, waiting)
    gone = sum([await store.traffic.remove(part) for part in parts_of(ids)])
    ratings = await store.forgetting.strike([*ids, *(f"{run}/{case}/{repeat}" for run, case, repeat in trials)])
    for run in runs:
        number = sum(1 for one in trials if one[0] == run)
        await store.forgetting.mark(run, f"a person was forgotten: trials without their content: {number}")
    found = Forgotten(gone, len(trials), runs, ratings, sets, waiting)
    if gone or sets or blanked.cases or trials:
        told: dict[str, Json] = {**asdict(found), "runs": list(runs), "sets": [asdict(one) for one in sets]}
        await store.records.append(Record(KIND, house.new_id(), house.now(), {"forgotten": told}))
        await store.forgetting.scrub()
    return found


def _names(house: House, who: str) -> frozenset[str]:
    if who.startswith("<") or (len(who) == 20 and set(who) <= set("0123456789abcdef")):
        return frozenset({who})
    return _called(anonymiser_of(house, "traffic forget"), who)


def _called(anonymiser: Anonymiser, who: str) -> frozenset[str]:
    """What a person or an address is called in what is kept."""
    covered = anonymiser.text(who)
    found = {anonymiser.pseudonym(kind, who) for kind in KINDS}
    return frozenset(found | {covered} if covered.startswith("<") else found)


def _content_of_trial(row: TrialRow) -> Iterator[Json]:
    outcome = row.record.outcome
    yield [outcome.output, dict(outcome.metadata), row.conclusion.reason, outcome.error and outcome.error.message]
    yield [[message.content, [call.arguments for call in message.tool_calls]] for message in outcome.messages]
    if isinstance(outcome.trace, Trace):
        for span in outcome.trace.spans:
            yield [span.name, span.input, span.output, span.error, dict(span.attributes)]
    for result in row.record.scores.values():
        yield [result.reason, list(result.evidence) if isinstance(result, Score) else None]


def _case(case: Case) -> Case:
    """What stays of a case: its id, where it belongs, and for how many it stands."""
    kept = {name: case.metadata[name] for name in KEPT if name in case.metadata}
    return Case(case.id, FORGOTTEN, slices=case.slices, metadata=kept)


def _trial(row: TrialRow) -> TrialRow:
    """What stays of a trial: how it ended, its scores, what it cost and took. None of the words."""
    before = row.record.outcome
    outcome = Outcome(
        trace=NotSeen(FORGOTTEN),
        model=before.model,
        usage=before.usage,
        cost_usd=before.cost_usd,
        latency_ms=before.latency_ms,
        finish_reason=before.finish_reason,
        conversation_id=before.conversation_id,
        error=None if before.error is None else TrialError(before.error.kind, FORGOTTEN),
        at=before.at,
    )
    scores = {name: _score(result) for name, result in row.record.scores.items()}
    record = replace(row.record, outcome=outcome, scores=scores)
    return TrialRow(record, replace(row.conclusion, reason=FORGOTTEN))


def _score(result: ScoreResult) -> ScoreResult:
    if isinstance(result, NotApplicable | ScoreFailure):
        return replace(result, reason=FORGOTTEN)
    return replace(result, reason=FORGOTTEN, evidence=())
