"""An endpoint that speaks OpenAI's chat completions, costs next to nothing, and answers after a fixed time.

    python -m benchmarks.mock_endpoint --latency-ms 50

It prints its port when it is ready. One reply fits all, so it is encoded once; replies leave in the order of requests.
"""

import argparse
import asyncio
import json
import signal
from typing import Any

MARK = b"\r\ncontent-length:"


def reply(text: str) -> bytes:
    """A whole HTTP reply with one choice."""
    message = {"role": "assistant", "content": text, "refusal": None}
    body = json.dumps(
        {
            "id": "mock-1",
            "object": "chat.completion",
            "created": 1767225600,
            "model": "mock",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 6, "total_tokens": 26},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Talk(asyncio.Protocol):
    """One connection. Knows as much of HTTP as its two clients use: a length, and a connection that stays."""

    def __init__(self, answer: bytes, seconds: float) -> None:
        self._answer, self._seconds = answer, seconds
        self._unread = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end].lower()
            at = head.find(MARK) + len(MARK)
            whole = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
            if len(self._unread) < whole:
                return
            self._unread = self._unread[whole:]
            if self._seconds:
                asyncio.get_running_loop().call_later(self._seconds, self._send)
            else:
                self._send()

    def _send(self) -> None:
        if self._transport is not None:
            self._transport.write(self._answer)


async def main(port: int, latency_ms: float) -> None:
    """Serve until somebody says stop."""
    loop, answer = asyncio.get_running_loop(), reply("The answer is 42.")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: Talk(answer, latency_ms / 1000), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    given = parser.parse_args()
    asyncio.run(main(given.port, given.latency_ms))
