"""A proxy before a model: whatever a target asks its model passes through, and a fault may change it.

It listens on loopback, speaks HTTP as OpenAI's API does, and knows no key: authorisation passes through unread. What is
no chat completion passes unchanged.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from aiohttp import web

from foretell.adapters.wire.http import AiohttpWire
from foretell.core import plugins
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.values import Json, canonical, seed_of
from foretell.core.ports.faults import Answered, ModelFault, Moment
from foretell.core.ports.wire import WireFault, WireReply, WireRequest

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "content-encoding"})
_MIB = 1024 * 1024


@dataclass
class ModelProxy:
    """One fault before some models. `models` is environment variable → the address that it held.

    `struck` counts the requests that the fault changed, delayed or turned away.
    """

    spec: FaultSpec
    models: Mapping[str, str]
    struck: int = 0
    _wire: AiohttpWire = field(default_factory=AiohttpWire)
    _runner: web.AppRunner | None = None
    _seen: Counter[str] = field(default_factory=Counter[str])
    _fault: ModelFault = field(init=False)

    async def open(self) -> Mapping[str, str]:
        """Listen, and say which address each variable is to hold instead."""
        self._fault = cast("ModelFault", plugins.build("faults", self.spec.use, self.spec.params, self.spec.name))
        app = web.Application(client_max_size=64 * _MIB)
        app.router.add_route("*", "/{name}/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        return {name: f"http://127.0.0.1:{port}/{name}" for name in self.models}

    async def aclose(self) -> None:
        """Stop listening, and drop what is under way."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self._wire.aclose()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        upstream = self.models.get(request.match_info["name"])
        if upstream is None:
            return web.json_response({"error": {"message": "No such model."}}, status=404)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        query = f"?{request.query_string}" if request.query_string else ""
        url = f"{upstream.rstrip('/')}/{request.match_info['path']}{query}"
        sent = WireRequest(url, await request.read(), headers, 600.0, request.method)
        try:
            body = _json_object(sent.body)
            if body is None or not request.path.endswith("/completions"):
                return _as_it_is(await self._wire.send(sent))
            return await self._completed(request, sent, body)
        except WireFault as error:
            return web.json_response({"error": {"message": str(error), "type": error.kind}}, status=502)

    async def _completed(self, request: web.Request, sent: WireRequest, body: Mapping[str, Json]) -> web.StreamResponse:
        fault, moment = self._fault, self._moment(sent.body)
        is_stream = bool(body.get("stream"))
        plain = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
        asked = fault.asked(plain, moment)
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if isinstance(asked, Answered):
            self.struck += 1
            return web.json_response(asked.body, status=asked.status, headers=asked.headers)
        replies = [
            await self._wire.send(replace(sent, body=canonical(asked).encode())) for _ in range(max(1, fault.calls))
        ]
        good = _json_object(replies[-1].body) if replies[-1].status == 200 else None
        if good is None:
            return _as_it_is(replies[-1])
        answered = fault.answered(_summed(good, replies), moment)
        if asked is not plain or answered != good or fault.delay_s:
            self.struck += 1
        return await _streamed(request, answered) if is_stream else web.json_response(answered)

    def _moment(self, body: bytes) -> Moment:
        """The dice of a request: equal for the same words asked as often."""
        text = body.decode(errors="replace")
        self._seen[text] += 1
        rng = Random(seed_of(self.spec.name, self.spec.seed, text, self._seen[text]))  # noqa: S311 # dice, not a secret
        return Moment(rng, self.spec.inputs)


def _json_object(data: bytes) -> dict[str, Json] | None:
    try:
        value = json.loads(data) if data else None
    except ValueError:
        return None
    return cast("dict[str, Json]", value) if isinstance(value, dict) else None


def _as_it_is(reply: WireReply) -> web.Response:
    headers = {name: value for name, value in reply.headers.items() if name not in _OURS}
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def _summed(good: Mapping[str, Json], replies: list[WireReply]) -> Mapping[str, Json]:
    """The last reply with the usage of all."""
    usages = [usage for reply in replies if (usage := (_json_object(reply.body) or {}).get("usage"))]
    if len(usages) < 2:
        return good
    last: Mapping[str, Any] = usages[-1]
    summed = {name: sum(usage.get(name) or 0 for usage in usages) for name in last if isinstance(last[name], int)}
    return {**good, "usage": {**last, **summed}}


async def _streamed(request: web.Request, body: Mapping[str, Json]) -> web.StreamResponse:
    """A whole completion to somebody who asked for a stream: one piece for each choice, then the usage."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    async for event in _events(body):
        await response.write(f"data: {event}\n\n".encode())
    await response.write_eof()
    return response


async def _events(body: Mapping[str, Json]) -> AsyncIterator[str]:
    head = {name: value for name, value in body.items() if name not in ("choices", "usage", "object")}
    head["object"] = "chat.completion.chunk"
    for choice in cast("list[Mapping[str, Json]]", body.get("choices") or []):
        index = choice.get("index", 0)
        for delta, reason in ((choice.get("message"), None), (None, choice.get("finish_reason"))):
            part: Json = {"index": index, "delta": delta or {}, "finish_reason": reason}
            yield json.dumps({**head, "choices": [part]})
    yield json.dumps({**head, "choices": [], "usage": body.get("usage")})
    yield "[DONE]"
