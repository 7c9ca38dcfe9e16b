"""Threads that carry the context of the trial which started them, so that their steps are seen in it."""

import concurrent.futures
import functools
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from foretell.adapters.targets.recording import present

_carrying = 0
_carry_lock = threading.Lock()


def carry_context() -> Callable[[], None]:
    """Let threads and thread pools started inside a trial run in a copy of its context, until undone.

    Code outside of trials is not touched. Python itself does so for tasks and `asyncio.to_thread`.
    """
    global _carrying  # noqa: PLW0603 # one patch for the process, however many targets need it
    with _carry_lock:
        _carrying += 1
        if _carrying == 1:
            concurrent.futures.ThreadPoolExecutor.submit = _submit  # type: ignore[method-assign] # the documented patch
            threading.Thread.start = _start  # type: ignore[method-assign] # the documented patch
    return _drop_context


def _drop_context() -> None:
    global _carrying  # noqa: PLW0603 # see carry_context
    with _carry_lock:
        _carrying -= 1
        if _carrying == 0:
            concurrent.futures.ThreadPoolExecutor.submit = _plain_submit  # type: ignore[method-assign] # as it was
            threading.Thread.start = _plain_start  # type: ignore[method-assign] # as it was


_plain_submit = concurrent.futures.ThreadPoolExecutor.submit
_plain_start = threading.Thread.start


def _submit(
    self: concurrent.futures.ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> "concurrent.futures.Future[Any]":
    if present() is None:
        return _plain_submit(self, fn, *args, **kwargs)
    # In an empty context, so that a pool's new thread does not keep this trial's context for the jobs of others.
    return Context().run(_plain_submit, self, copy_context().run, fn, *args, **kwargs)


def _start(self: threading.Thread) -> None:
    if present() is not None:
        self.run = functools.partial(copy_context().run, self.run)  # type: ignore[method-assign] # this one thread
    _plain_start(self)
