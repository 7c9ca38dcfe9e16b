"""A Python function as a target: called where the application can be imported, its steps seen through seams."""

import asyncio
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from foretell.adapters.targets.effects import Effects
from foretell.adapters.targets.recording import Recording, json_or_raise, trial
from foretell.adapters.targets.reported import reported
from foretell.adapters.targets.seams import Seams, find_owner
from foretell.core.domain.messages import asked, message_fields
from foretell.core.domain.steps import read_steps
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.targets import Tools, Turn


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """The function `call` (`module:function`), found on `path`: folders, relative to the project's.

    It is called with the input; with the list of messages (`{role, content}`) when there is a history; and with
    `context`, when it has a parameter of that name: `{case_id, repeat, seed, conversation_id}`. It returns its answer
    as text or JSON, or an object with `output` and further fields of a recorded outcome. `steps` are functions of the
    application to be seen in the trace: `retrieve = "acme.search:search"`, or `{ call = "…", kind = "retrieval" }`.
    """

    call: str
    path: str | Sequence[str] = "."
    steps: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def connect(self, tools: Tools) -> "LivePython":
        """The live target: modules imported, seams open.

        Raises:
            ConfigurationError: a module or a function is not there.
        """
        where = f"call = '{self.call}'"
        if ":" not in self.call:
            hint = "Write it like acme_support.app:answer."
            raise ConfigurationError(Problem(where, "it is no function's address.", hint))
        steps = read_steps(self.steps, "steps")
        folders = [self.path] if isinstance(self.path, str) else self.path
        roots = tuple(str((Path(tools.root) / folder).resolve()) for folder in folders)
        for root in reversed(roots):
            if root not in sys.path:
                sys.path.insert(0, root)
        seams = Seams()
        # Seams first: a module that imports a step by name then gets the recording one.
        seams.open(steps, "steps")
        try:
            function = _function_at(self.call, where)
        except BaseException:
            seams.close()
            raise
        return LivePython(function, seams, roots, has_steps=bool(steps))


def _function_at(address: str, where: str) -> Callable[..., Any]:
    owner, name = find_owner(address, where)
    function = getattr(owner, name)
    if not callable(function):
        raise ConfigurationError(Problem(where, "it cannot be called.", "Name a function that takes the input."))
    return function


class LivePython:
    """The live target. A coroutine function runs on the loop, any other in a thread of the loop's executor."""

    def __init__(self, function: Callable[..., Any], seams: Seams, roots: tuple[str, ...], *, has_steps: bool) -> None:
        self._function = function
        self._seams = seams
        self._roots = roots
        self._has_steps = has_steps
        self._takes_context = _takes_context(function)

    @property
    def orphans(self) -> int:
        """Calls of steps that ran outside of any trial, so that no trace shows them."""
        return self._seams.orphans

    async def answer(self, turn: Turn) -> Outcome:
        """What the function returned; what it raised is the outcome's error."""
        orphans, started = self.orphans, perf_counter()
        with trial(self._seams, Effects(turn.effects, turn.seed)) as recording:
            outcome = await self._attempt(turn)
        latency_ms = (perf_counter() - started) * 1000
        outcome = replace(outcome, latency_ms=latency_ms)
        if not isinstance(outcome.trace, NotSeen) and outcome.trace.spans:
            return outcome  # the application's own account of its steps
        return replace(outcome, trace=self._trace(recording, self.orphans - orphans))

    async def aclose(self) -> None:
        """Close the seams."""
        self._seams.close()

    async def _attempt(self, turn: Turn) -> Outcome:
        limit = asyncio.timeout(turn.timeout_s)
        try:
            async with limit:
                value = json_or_raise(await self._called(turn))
        except Exception as error:  # noqa: BLE001 # whatever the application raises is its outcome
            if limit.expired():
                return Outcome(error=TrialError("timeout", f"no answer within {turn.timeout_s:g} s"))
            return Outcome(error=TrialError("error", self._told(error)))
        except SystemExit as error:
            return Outcome(error=TrialError("error", f"SystemExit: {error.code}"))
        if isinstance(value, dict) and "output" in value:
            return reported(cast("Mapping[str, Json]", value), turn)
        return Outcome(output=value)

    async def _called(self, turn: Turn) -> Any:
        said: Json = turn.input
        if turn.history:
            said = [message_fields(message) for message in (*turn.history, *asked(turn.input))]
        context: dict[str, Json] = {}
        if self._takes_context:
            context["context"] = {
                "case_id": turn.case_id,
                "repeat": turn.repeat,
                "seed": turn.seed,
                "conversation_id": f"{turn.run}/{turn.case_id}/{turn.repeat}",
            }
        if inspect.iscoroutinefunction(self._function):
            return await self._function(said, **context)
        value = await asyncio.to_thread(self._function, said, **context)
        return await value if inspect.isawaitable(value) else value

    def _trace(self, recording: Recording, orphans: int) -> Trace | NotSeen:
        spans = recording.spans()
        if spans:
            return Trace(spans)
        if not self._has_steps:
            return NotSeen("no steps are declared for this target, and it reported none")
        if orphans:
            return NotSeen(
                "its steps ran in threads that are older than the trial, where nobody can tell whose they are"
            )
        return Trace()

    def _told(self, error: Exception) -> str:
        """The error with the last line of the application that it came through."""
        text = f"{type(error).__name__}: {error}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            for root in self._roots:
                if Path(frame.filename).is_relative_to(root) and "site-packages" not in frame.filename:
                    return f"{text} ({Path(frame.filename).relative_to(root)}:{frame.lineno} in {frame.name})"
        return text


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        return "context" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
