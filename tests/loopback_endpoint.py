"""An HTTP endpoint on this machine whose every reply a test writes down, and which counts what it was asked."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[["Question"], Awaitable[bytes]]


class Last(bytes):
    """A reply after which the connection is closed; it may be empty, or break off."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: its JSON body, and how many times this body was sent before."""

    body: dict[str, object]
    before: int

    @property
    def text(self) -> str:
        """What was asked, of an http target and of a chat model alike."""
        if "messages" in self.body:
            return self.body["messages"][-1]["content"]
        return str(self.body["input"])


@dataclass
class Endpoint:
    """A server in a thread of its own. Replies are sent as they are."""

    answer: Answer
    asked: Counter[str] = field(default_factory=Counter)
    """How often each text was asked."""
    answered: Counter[str] = field(default_factory=Counter)
    """How often a reply to it was written."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        talks: set[asyncio.Task[None]] = set()

        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talk = asyncio.create_task(self._talk(reader, writer))
            talks.add(talk)
            talk.add_done_callback(talks.discard)

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                body = json.loads(await reader.readexactly(size))
                question = Question(body, 0)
                question = Question(body, self.asked[question.text])
                self.asked[question.text] += 1
                reply = await self.answer(question)
                writer.write(reply)
                self.answered[question.text] += 1
                await writer.drain()
                if isinstance(reply, Last):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked is gone
        finally:
            writer.close()


@contextmanager
def endpoint(answer: Answer) -> Iterator[Endpoint]:
    """Serve while the block lasts."""
    made, ready = Endpoint(answer), threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def work() -> None:
        end = asyncio.Event()
        loops.append((asyncio.get_running_loop(), end))
        await made.serve(ready, end)

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert ready.wait(10)
        yield made
    finally:
        loop, end = loops[0]
        loop.call_soon_threadsafe(end.set)
        thread.join()


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole reply."""
    head = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def chat(text: str, **fields: object) -> bytes:
    """A whole reply of a chat model."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return http(json.dumps({"model": "m", "choices": [choice], "usage": usage, **fields}).encode())
