"""Any HTTP endpoint that answers JSON, as a target."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import time
from urllib.parse import quote

import msgspec

from foretell.adapters.targets.reported import reported
from foretell.adapters.targets.spans import check_traces, traces_port
from foretell.adapters.targets.templates import MISSING, check_template, fill, find
from foretell.core.domain.conversation import Usage, add_known
from foretell.core.domain.effects import told
from foretell.core.domain.endpoints import host_of
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.spans import usage_of
from foretell.core.domain.http_errors import error_of, excerpt, unreadable
from foretell.core.domain.messages import asked, message_fields
from foretell.core.domain.secrets import redact, resolve
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json, text_of
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.links import Link
from foretell.core.ports.targets import Tools, Turn
from foretell.core.ports.wire import Wire, WireFault, WireReply, WireRequest

PLACEHOLDERS = ("input", "messages", "case_id", "repeat", "conversation_id", "seed")
_DEFAULT_BODY: Mapping[str, Json] = {"input": "{{ input }}"}
OTLP_PORT = 4318
"""Where exporters send to when nobody tells them otherwise, which a request cannot."""
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """One request a turn. `body` is any JSON with placeholders; alone in a text, one keeps its value's JSON type.

    Placeholders, in `body` and `url`: `{{ input }}`, `{{ messages }}`, `{{ case_id }}`, `{{ repeat }}`, `{{ seed }}`,
    `{{ conversation_id }}`. A header's value is text, or `{ env = "NAME" }` with an optional `prefix = "Bearer "`.
    `answer` is where in the reply the answer lies, as `choices.0.text` or `/choices/0/text`; without it, all of the
    reply is the answer. `usage`, `cost`, `model`, `retrieved` (the retrieved documents) and `conversation_id` are such
    places too. With `conversation_id` the endpoint names its conversations: null goes out on the first turn, later
    what the reply before said. `traces` asks for the endpoint's spans: it is told their trace with each request, and
    its exporter sends them to that port of this machine, 4318 for `true`.
    """

    url: str
    method: str = "POST"
    headers: Mapping[str, Json] = field(default_factory=dict[str, Json])
    body: Json = None
    answer: str = ""
    usage: str | None = None
    cost: str | None = None
    model: str | None = None
    retrieved: str | None = None
    conversation_id: str | None = None
    traces: bool | int = False

    def connect(self, tools: Tools) -> "LiveHttp":
        """The live target.

        Raises:
            ConfigurationError: an address, a method, a placeholder or a secret that cannot be used; all at once.
        """
        where = f"url = '{self.url}'"
        problems = check_template(self.url, PLACEHOLDERS, where) + check_template(self.body, PLACEHOLDERS, "body")
        if self.method != self.method.upper() or not self.method.isalpha():
            problems.append(Problem("method", f"'{self.method}' is no method.", "Write it like POST."))
        try:
            host_of(self.url, "url")
            headers, secrets = resolve(self.headers, tools.secret, "headers")
        except ConfigurationError as error:
            raise ConfigurationError(*problems, *error.problems) from None
        problems += check_traces(self.traces)
        if problems:
            raise ConfigurationError(*problems)
        return LiveHttp(tools.wire, self, headers, secrets)


class LiveHttp:
    """The live target."""

    def __init__(self, wire: Wire, params: HttpTarget, headers: Mapping[str, str], secrets: tuple[str, ...]) -> None:
        has_body = params.body is not None or params.method not in ("GET", "HEAD")
        self._wire = wire
        self._params = params
        self._body = (params.body if params.body is not None else _DEFAULT_BODY) if has_body else None
        self._headers = {"Content-Type": "application/json", **headers} if has_body else headers
        self._secrets = secrets
        self._places = {
            name: place
            for name, place in (
                ("usage", params.usage),
                ("cost_usd", params.cost),
                ("model", params.model),
                ("conversation_id", params.conversation_id),
            )
            if place is not None
        }
        self._conversations: dict[str, Json] = {}
        self.traces_port = traces_port(params.traces, OTLP_PORT)
        """Where the run listens for spans; None: nobody asked."""

    async def answer(self, turn: Turn) -> Outcome:
        """What the endpoint answered; its failures are the outcome's error."""
        request = self._request(turn)
        try:
            reply = await self._wire.send(request)
        except WireFault as fault:
            return Outcome(error=TrialError(fault.kind, self._told(str(fault))))
        outcome = self._read(reply, turn)
        if outcome.error is not None:
            outcome = replace(outcome, error=TrialError(outcome.error.kind, self._told(outcome.error.message)))
        return replace(outcome, latency_ms=reply.seconds * 1000)

    async def aclose(self) -> None:
        """Nothing to free: the wire belongs to whoever made it."""

    def _request(self, turn: Turn) -> WireRequest:
        values: dict[str, Json] = {
            "input": turn.input,
            "messages": [message_fields(message) for message in (*turn.history, *asked(turn.input))],
            "case_id": turn.case_id,
            "repeat": turn.repeat,
            "seed": turn.seed,
            "conversation_id": self._conversation(turn),
        }
        url = self._params.url
        if "{{" in url:
            quoted = {name: quote(text_of(value), safe="") for name, value in values.items()}
            url = text_of(fill(url, quoted))
        body = b"" if self._body is None else msgspec.json.encode(fill(self._body, values))
        link = turn.link or Link(secrets.token_hex(16), secrets.token_hex(8), turn.run)
        marks = link.headers(told(turn.effects, turn.seed))
        return WireRequest(url, body, {**marks, **self._headers}, turn.timeout_s, self._params.method, used=self._used)

    def _used(self, body: bytes) -> int | None:
        """The tokens that a reply reports at `usage`, None when it reports none."""
        place = self._places.get("usage")
        if place is None:
            return None
        try:
            found = find(msgspec.json.decode(body), place)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        usage = usage_of(Row("the reply", {"usage": found})) if isinstance(found, dict) else Usage()
        return add_known(usage.input_tokens, usage.output_tokens)

    def _conversation(self, turn: Turn) -> Json:
        ours = _name_of(turn)
        if self._params.conversation_id is None:
            return ours
        return self._conversations.get(ours) if turn.history else None

    def _read(self, reply: WireReply, turn: Turn) -> Outcome:
        error = error_of(reply.status, reply.headers, reply.body)
        if error is not None:
            return Outcome(error=error)
        try:
            value: Json = msgspec.json.decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            return Outcome(error=unreadable(reply.body, excerpt(str(problem))))
        output = find(value, self._params.answer)
        if output is MISSING:
            message = f"The reply has nothing at '{self._params.answer}': {excerpt(reply.body)}"
            return Outcome(error=TrialError("error", message))
        if not self._places and self._params.retrieved is None:
            return Outcome(output)
        return self._with_places(output, value, turn, reply.seconds)

    def _with_places(self, output: Json, value: Json, turn: Turn, seconds: float) -> Outcome:
        found = {name: find(value, place) for name, place in self._places.items()}
        found = {name: part for name, part in found.items() if part is not MISSING}
        if "conversation_id" in found:
            self._remember(_name_of(turn), found["conversation_id"])
            found["conversation_id"] = text_of(found["conversation_id"])
        return replace(reported({**found, "output": output}, turn), trace=self._trace(value, turn, seconds))

    def _trace(self, value: Json, turn: Turn, seconds: float) -> Trace | NotSeen:
        if self._params.retrieved is None:
            return NotSeen("the endpoint reports no steps")
        documents = find(value, self._params.retrieved)
        if documents is MISSING:
            return NotSeen(f"the reply has nothing at '{self._params.retrieved}'")
        now = time()
        return Trace((Span("retrieve", "retrieval", start=now - seconds, end=now, input=turn.input, output=documents),))

    def _remember(self, ours: str, theirs: Json) -> None:
        self._conversations.pop(ours, None)
        self._conversations[ours] = theirs
        if len(self._conversations) > _REMEMBERED:  # the oldest ended long ago
            del self._conversations[next(iter(self._conversations))]

    def _told(self, message: str) -> str:
        return redact(message, self._secrets)


def _name_of(turn: Turn) -> str:
    return f"{turn.run}/{turn.case_id}/{turn.repeat}"
