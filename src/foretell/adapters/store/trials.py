"""A trial as it is written: what is aggregated as columns, the rest as one blob."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select

from foretell.adapters.store import schema
from foretell.adapters.store.codec import encode_trial
from foretell.adapters.store.database import Database, NewRows
from foretell.adapters.store.names import Names
from foretell.adapters.store.squeeze import squeeze
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.values import key_of
from foretell.core.errors import BadInput
from foretell.core.ports.facts import TrialRow

STATES: Final = {"success": 1, "failure": 0, "unscored": -1}
_OVERHEAD: Final = 1_000  # bytes of Python objects around a queued trial


@dataclass(slots=True)
class PendingTrial:
    """A trial on its way to the tables.

    `numbers` are the columns of `trials` from `cluster` on, `values` the scorers' numbers, None where one failed.
    `judging` is empty where it was free.
    """

    run_no: int
    case_no: int
    repeat: int
    state: int
    mode: str | None
    secondary: tuple[str, ...]
    numbers: tuple[float | None, ...]
    values: tuple[tuple[str, float | None], ...]
    judging: tuple[float | None, ...]
    body: bytes

    @property
    def size(self) -> int:
        """About its bytes in memory."""
        return len(self.body) + _OVERHEAD

    def names(self) -> Iterator[str]:
        """The names of its modes and scorers."""
        if self.mode is not None:
            yield self.mode
        yield from self.secondary
        yield from (name for name, _ in self.values)


def pending(run_no: int, row: TrialRow) -> PendingTrial:
    """Take a trial apart, ready to be inserted, so that little is left to do in the writer's thread.

    Raises:
        BadInput: something in it is not JSON, or a name in it is not text that can be written.
    """
    record, conclusion, outcome = row.record, row.conclusion, row.record.outcome
    where = f"Run {record.run}, case {record.case_id!r}"
    return PendingTrial(
        run_no,
        record.case_no,
        record.repeat,
        STATES[conclusion.state],
        conclusion.mode,
        conclusion.secondary,
        (
            _cluster(row, where),
            outcome.cost_usd,
            outcome.latency_ms,
            1 if outcome.error is not None and outcome.error.is_environment else 0,
            _whole(outcome.usage.input_tokens),
            _whole(outcome.usage.output_tokens),
            record.attempts,
        ),
        tuple((name, _number(result)) for name, result in record.scores.items() if type(result) is not NotApplicable),
        () if record.eval_cost_usd == 0 else (record.eval_cost_usd,),
        squeeze(encode_trial(row, where)),
    )


def _cluster(row: TrialRow, where: str) -> int | None:
    """The key of the conversation, None when there is none. Checks the names on the way: they become columns too."""
    conversation, conclusion = row.record.outcome.conversation_id, row.conclusion
    try:
        "".join((conclusion.mode or "", *conclusion.secondary, *row.record.scores)).encode()
        return None if conversation is None else key_of(conversation)
    except UnicodeEncodeError as error:
        what = f"a name of a scorer, mode or conversation cannot be stored: {error}."
        raise BadInput.of(where, what) from error


def _whole(number: int | None) -> int | None:
    """A number that a column can hold; one that an endpoint made up of 20 digits is unknown there."""
    return number if number is None or abs(number) < 2**31 else None


def _number(result: ScoreResult) -> float | None:
    if type(result) is not Score or isinstance(result.value, str):
        return None
    return float(result.value)


class TrialInserter:
    """Inserts trials, in the writer's thread; one whose key is there changes nothing, in any table."""

    def __init__(self, database: Database) -> None:
        self._trials = NewRows(database, schema.trials)
        self._transcripts = NewRows(database, schema.transcripts)
        self._secondary = NewRows(database, schema.secondary_modes)
        self._scores = NewRows(database, schema.scores)
        self._judging = NewRows(database, schema.judging)
        self._names = Names(database)

    def forget(self) -> None:
        """Names that were numbered in a transaction that was undone have other numbers next time."""
        self._names.forget()

    def store(self, connection: Connection, rows: Sequence[PendingTrial]) -> None:
        """Insert trials in the transaction that is open."""
        transcripts = [(row.run_no, row.case_no, row.repeat, row.body) for row in rows]
        if self._transcripts.insert(connection, transcripts) != len(rows):
            rows = [row for row in rows if _is_the_stored_one(connection, row)]
        number = self._names.numbers(connection, {name for row in rows for name in row.names()})
        trials: list[tuple[float | None, ...]] = []
        secondary: list[tuple[int, int, int, int]] = []
        scores: list[tuple[int, int, int, int, float | None]] = []
        for row in rows:
            run, case, repeat = row.run_no, row.case_no, row.repeat
            trials.append((run, case, repeat, row.state, None if row.mode is None else number[row.mode], *row.numbers))
            secondary += [(run, number[mode], case, repeat) for mode in row.secondary]
            scores += [(run, number[name], case, repeat, value) for name, value in row.values]
        self._trials.insert(connection, trials)
        self._secondary.insert(connection, secondary)
        self._scores.insert(connection, scores)
        self._judging.insert(
            connection, [(row.run_no, row.case_no, row.repeat, *row.judging) for row in rows if row.judging]
        )


_STORED_BODY: Final = select(schema.transcripts.c.body).where(
    schema.transcripts.c.run_no == bindparam("run"),
    schema.transcripts.c.case_no == bindparam("case"),
    schema.transcripts.c.repeat == bindparam("repetition"),
)


def _is_the_stored_one(connection: Connection, row: PendingTrial) -> bool:
    """False when another trial has the key: the first one stays, and nothing of this one may be mixed into it."""
    key = {"run": row.run_no, "case": row.case_no, "repetition": row.repeat}
    return connection.execute(_STORED_BODY, key).scalar() == row.body
