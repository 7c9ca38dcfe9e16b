"""Answers that were made elsewhere: a file of recorded outcomes as a target."""

from dataclasses import dataclass
from pathlib import Path

from foretell.core.domain.files.outcomes import RecordedLine, decode_outcomes
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.errors import ConfigurationError, Problem, Unreachable
from foretell.core.ports.targets import Tools, Turn


@dataclass(frozen=True, slots=True)
class RecordedTarget:
    """The outcomes in `path`, a JSON Lines file, relative to the project's folder."""

    path: str

    def connect(self, tools: Tools) -> "LiveRecording":
        """The recording, read whole.

        Raises:
            ConfigurationError: there is no such file.
            Unreachable: it cannot be read.
            BadInput: lines that are no outcomes, all of them named.
        """
        where = f"path = '{self.path}'"
        file = Path(tools.root) / self.path
        try:
            with file.open("rb") as lines:
                found = decode_outcomes(lines, self.path).or_raise()
        except (FileNotFoundError, IsADirectoryError):
            what = "is a folder." if file.is_dir() else "there is no such file."
            hint = f"It is looked for at {file}: one recorded outcome a line."
            raise ConfigurationError(Problem(where, what, hint)) from None
        except OSError as error:
            raise Unreachable(Problem(where, f"cannot be read: {error.strerror}.")) from error
        return LiveRecording(found, self.path)


class LiveRecording:
    """The live target: answers by case and repeat.

    `is_recording` says that one answer is the whole conversation: asking again for its later turns would count twice.
    """

    is_recording = True

    def __init__(self, lines: tuple[RecordedLine, ...], path: str) -> None:
        self._lines = lines
        self._path = path
        self._outcomes = {(line.case_id, line.repeat): line.outcome for line in lines}

    async def answer(self, turn: Turn) -> Outcome:
        """The recorded outcome, or the statement that nothing was recorded."""
        found = self._outcomes.get((turn.case_id, turn.repeat))
        if found is not None:
            return found
        message = f"{self._path} holds nothing for case '{turn.case_id}', repeat {turn.repeat}"
        return Outcome(error=TrialError("nothing_recorded", message))

    async def aclose(self) -> None:
        """Nothing to free."""
