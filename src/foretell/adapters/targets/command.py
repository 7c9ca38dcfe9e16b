"""A program as a target: one process a turn, JSON in, JSON or text out."""

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Literal, cast

import msgspec

from foretell.adapters.targets.reported import reported
from foretell.adapters.targets.spans import check_traces, traces_port
from foretell.core.domain.effects import told
from foretell.core.domain.http_errors import excerpt
from foretell.core.domain.messages import asked, message_fields
from foretell.core.domain.secrets import redact, resolve
from foretell.core.domain.trial import ErrorKind, Outcome, TrialError
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.targets import Tools, Turn

LARGEST_OUTPUT = 32 * 1024 * 1024
LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """The program `command`, a list of arguments that no shell reads, started anew for each turn.

    It reads `{"input", "messages", "case_id", "repeat", "seed"}` from standard input and writes `{"output": …}`, with
    any other field of a recorded outcome, to standard output; or plain text, with `output = "text"`. `cwd` is relative
    to the project's folder. `env` adds variables: text, or `{ env = "NAME" }` for a secret. `traces` asks for the
    program's spans: variables tell it their trace, and its exporter the free port (or the port given) to send them to.
    """

    command: Sequence[str]
    cwd: str = "."
    env: Mapping[str, Json] = field(default_factory=dict[str, Json])
    output: Literal["json", "text"] = "json"
    traces: bool | int = False

    def connect(self, tools: Tools) -> "LiveCommand":
        """The live target.

        Raises:
            ConfigurationError: the program or the folder is not there, or a secret is not set; all at once.
        """
        cwd = Path(tools.root) / self.cwd
        problems = self._problems(cwd)
        try:
            added, secrets = resolve(self.env, tools.secret, "env")
        except ConfigurationError as error:
            raise ConfigurationError(*problems, *error.problems) from None
        if problems:
            raise ConfigurationError(*problems)
        return LiveCommand(self, str(cwd), added, secrets)

    def _problems(self, cwd: Path) -> list[Problem]:
        problems = check_traces(self.traces)
        if self.output not in ("json", "text"):
            problems.append(Problem("output", f"'{self.output}' is not known.", "Write json or text."))
        if not cwd.is_dir():
            problems.append(Problem("cwd", f"'{self.cwd}' is no folder.", f"It is looked for at {cwd}."))
        if isinstance(self.command, str) or not self.command:
            hint = 'Write a list: ["python", "answer.py"].'
            problems.append(Problem("command", f"{self.command!r} is no list of arguments.", hint))
        elif not _is_there(self.command[0], cwd):
            hint = "Check the spelling, that it may be executed, and the folder that it starts in."
            problems.append(Problem("command", f"there is no program '{self.command[0]}'.", hint))
        return problems


def _is_there(program: str, cwd: Path) -> bool:
    return shutil.which(str(cwd / program) if os.sep in program else program) is not None


class LiveCommand:
    """The live target. Each process leads a session of its own, so that ending it ends all that it started."""

    def __init__(self, params: CommandTarget, cwd: str, env: Mapping[str, str], secrets: tuple[str, ...]) -> None:
        self._command = tuple(params.command)
        self._shown = excerpt(shlex.join(params.command), 80)
        self._cwd = cwd
        self._env = env
        self._secrets = secrets
        self._is_text = params.output == "text"
        self.traces_port = traces_port(params.traces, 0)
        """Where the run listens for spans; 0: on a free port, None: nobody asked."""

    async def answer(self, turn: Turn) -> Outcome:
        """What the program wrote; how it failed is the outcome's error."""
        started = perf_counter()
        try:
            ended = await self._run(turn)
        except (FileNotFoundError, PermissionError) as error:
            return self._failed("error", f"cannot be started: {error.strerror}", _Ended())
        outcome = self._read(ended, turn)
        return replace(outcome, latency_ms=(perf_counter() - started) * 1000)

    async def aclose(self) -> None:
        """Nothing to free: no process outlives its turn."""

    async def _run(self, turn: Turn) -> "_Ended":
        linked = {} if turn.link is None else turn.link.environment(told(turn.effects, turn.seed))
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self._cwd,
            env={**os.environ, **linked, **self._env},
            start_new_session=True,
        )
        ended = _Ended()
        try:
            async with asyncio.timeout(turn.timeout_s):
                await asyncio.gather(_feed(process, _question(turn)), _collect(process, ended), _listen(process, ended))
                ended.code = await process.wait()
        except TimeoutError:
            ended.timeout_s = turn.timeout_s
        finally:
            if ended.code is None:  # timed out, cancelled or too much said: its children may live though it does not
                _kill(process)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await process.wait()
                # What left the session may hold the pipes for as long as it likes, and asyncio would wait for it.
                process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 # no public way to close them
        return ended

    def _read(self, ended: "_Ended", turn: Turn) -> Outcome:
        if ended.is_too_long:
            return self._failed("error", f"wrote more than {LARGEST_OUTPUT // 2**20} MiB", ended)
        if ended.timeout_s is not None:
            return self._failed("timeout", f"did not end within {ended.timeout_s:g} s and was killed", ended)
        if ended.code != 0:
            return self._failed("error", f"ended {_how(ended.code or 0)}", ended)
        try:
            text = ended.output.decode()
            value = text.rstrip("\n") if self._is_text else msgspec.json.decode(text)
        except UnicodeDecodeError:
            return self._failed("error", "wrote what is not UTF-8", ended)
        except msgspec.DecodeError as problem:
            said = f" ({problem}): {excerpt(ended.output.strip())}" if ended.output.strip() else ": nothing at all"
            return self._failed("error", f"wrote what is not JSON{said}", ended)
        if self._is_text:
            return Outcome(value)
        if not isinstance(value, dict) or not {"output", "messages", "error"} & set(cast("dict[str, Json]", value)):
            return self._failed("error", f"wrote no object with 'output': {excerpt(ended.output.strip())}", ended)
        return reported(cast("dict[str, Json]", value), turn)

    def _failed(self, kind: ErrorKind, what: str, ended: "_Ended") -> Outcome:
        """An error with the last lines of standard error, secrets taken out."""
        lines = ended.stderr.decode(errors="replace").strip().splitlines()[-LAST_LINES:]
        told = f"{self._shown} {what}."
        if lines:
            told += f" Standard error ends: {' | '.join(excerpt(line) for line in lines)}"
        return Outcome(error=TrialError(kind, redact(told, self._secrets)))


@dataclass(slots=True)
class _Ended:
    """What a process wrote, the last part of what it complained about, and how it ended."""

    output: bytes = b""
    stderr: bytes = b""
    code: int | None = None
    timeout_s: float | None = None
    is_too_long: bool = False


def _question(turn: Turn) -> bytes:
    messages = [message_fields(message) for message in (*turn.history, *asked(turn.input))]
    fields = {"input": turn.input, "messages": messages, "case_id": turn.case_id, "repeat": turn.repeat}
    return msgspec.json.encode({**fields, "seed": turn.seed}) + b"\n"


def _how(code: int) -> str:
    if code >= 0:
        return f"with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"by signal {signal.Signals(-code).name}"
    return f"by signal {-code}"


async def _feed(process: asyncio.subprocess.Process, question: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it need not read what it was sent
        process.stdin.write(question)
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _collect(process: asyncio.subprocess.Process, ended: _Ended) -> None:
    assert process.stdout is not None
    parts: list[bytes] = []
    size = 0
    while chunk := await process.stdout.read(2**16):
        size += len(chunk)
        if size > LARGEST_OUTPUT:
            ended.is_too_long = True
            _kill(process)
            return
        parts.append(chunk)
    ended.output = b"".join(parts)


async def _listen(process: asyncio.subprocess.Process, ended: _Ended) -> None:
    assert process.stderr is not None
    while chunk := await process.stderr.read(2**16):
        ended.stderr = (ended.stderr + chunk)[-(2**14) :]


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
