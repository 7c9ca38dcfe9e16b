"""Recorded outcomes: what a target answered elsewhere, as a file holds it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from foretell.core.domain.conversation import Message
from foretell.core.domain.files.cases import keep_unknown
from foretell.core.domain.files.lines import Decoded, decode
from foretell.core.domain.files.messages import last_answer, messages_of, spans_of_messages
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.spans import spans_of, usage_of
from foretell.core.domain.files.strict import show
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import ErrorKind, Outcome, Recorded, TrialError
from foretell.core.domain.values import Json
from foretell.core.errors import Problem, suggest

_ERROR_KINDS: tuple[str, ...] = get_args(ErrorKind)


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """One line of a recording: the outcome of a case, `repeat` counted from 0, and where it stands."""

    line: int
    case_id: str
    repeat: int
    outcome: Outcome


def decode_outcomes(lines: Iterable[bytes], path: str) -> Decoded[RecordedLine]:
    """The outcomes of a JSON Lines file. A repeated (case, repeat) and a file without a line are problems."""
    found = decode(lines, path, outcome_of, _place, lambda place: f"case '{place[0]}', repeat {place[1]}")
    if found.items or found.problems:
        return found
    hint = 'Write one a line: {"case_id": "…", "output": "…"}.'
    return Decoded((), (Problem(path, "holds no recorded outcomes.", hint),))


def _place(line: RecordedLine) -> tuple[str, int]:
    return line.case_id, line.repeat


def check_case_ids(lines: Sequence[RecordedLine], known: Collection[str], path: str) -> list[Problem]:
    """One problem for every line whose case is not known."""
    ids = frozenset(known)
    return [
        Problem(f"{path}:{line.line}", f"case '{line.case_id}' is not in the eval set.", _nearest(line.case_id, ids))
        for line in lines
        if line.case_id not in ids
    ]


def outcome_of(row: Row) -> RecordedLine:
    """One recorded outcome. Fields that an outcome does not have are kept under its metadata.

    Messages without spans make the trace, and without an output the last thing that the assistant said is the output.
    """
    messages = messages_of(row, "messages")
    recorded = _recorded(row)
    output = row.take("output")
    case_id, repeat = row.name("case_id"), row.whole("repeat") or 0
    outcome = Outcome(
        output=last_answer(messages) if output is None else output,
        messages=messages,
        trace=_trace(row, messages),
        model=row.text("model"),
        usage=usage_of(row),
        cost_usd=row.number("cost_usd"),
        latency_ms=row.number("latency_ms"),
        finish_reason=row.text("finish_reason"),
        system_fingerprint=row.text("system_fingerprint"),
        conversation_id=row.text("conversation_id"),
        error=_error(row) or _nothing(output, messages, recorded),
        recorded=recorded,
        at=row.time("at"),
    )
    metadata = keep_unknown(row.mapping("metadata"), row.rest("usage", "error"))
    return RecordedLine(row.line, case_id, repeat, replace(outcome, metadata=metadata) if metadata else outcome)


def _nearest(case_id: str, known: frozenset[str]) -> str:
    hint = suggest(case_id, known)
    return hint if hint.startswith("Did") else "Take the line out, or add the case to the set."


def _trace(row: Row, messages: tuple[Message, ...]) -> Trace | NotSeen:
    if row.has("spans"):
        return Trace(spans_of(row))
    if messages:
        return Trace(spans_of_messages(messages))
    return NotSeen("the recording holds neither spans nor messages")


def _error(row: Row) -> TrialError | None:
    value = row.take("error")
    if value is None:
        return None
    if isinstance(value, dict):
        return _error_object(row.child("error", cast("dict[str, Json]", value)))
    if isinstance(value, str) and value.strip():
        return TrialError("error", value)
    row.wrong("error", f"is {show(value)}, which says nothing.", "Give its text, or leave it out when nothing failed.")
    return None


def _error_object(row: Row) -> TrialError:
    kind = row.text("kind") or "error"
    if kind not in _ERROR_KINDS:
        row.wrong("kind", f"is {show(kind)}, not a kind of error.", suggest(kind, _ERROR_KINDS))
    return TrialError(cast("ErrorKind", kind), row.text("message") or "")


def _recorded(row: Row) -> Recorded | None:
    success = row.flag("success")
    scores = {name: value for name, value in row.mapping("scores").items() if _is_score(row, name, value)}
    mode, modes = row.text("failure_mode"), row.texts("failure_modes")
    if success is None and not scores and mode is None and not modes:
        return None
    return Recorded(success, scores, mode, modes)


def _is_score(row: Row, name: str, value: Json) -> bool:
    if value is None or isinstance(value, (bool, int, float, str)):
        return True
    row.wrong(f"scores.{name}", f"is {show(value)}, not a number, true, false, a label or null.")
    return False


def _nothing(output: Json, messages: tuple[Message, ...], recorded: Recorded | None) -> TrialError | None:
    is_judged = recorded is not None and (recorded.success is not None or bool(recorded.scores))
    if output is not None or messages or is_judged:
        return None
    return TrialError("nothing_recorded", "nothing was recorded")
