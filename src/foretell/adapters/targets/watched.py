"""A function's stand-in that records its calls and is otherwise the same: results, errors, streams pass through."""

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing
from typing import Any, TypeAlias

from foretell.adapters.targets.effects import Call
from foretell.adapters.targets.recording import OpenSpan, within

Start: TypeAlias = Callable[[object], OpenSpan | None]


def watched(original: Callable[..., Any], start: Start, drops_first: bool) -> Callable[..., Any]:
    """A recording stand-in of the same nature: coroutine function, generator function, or plain.

    `start` is asked at each call, with its named arguments; `drops_first` leaves `self` or `cls` out of them.
    """
    arguments = _arguments_of(original, drops_first)

    @functools.wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:
        span = start(arguments(args, kwargs))
        return original(*args, **kwargs) if span is None else _called_as_often(span, original, args, kwargs)

    @functools.wraps(original)
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        span = start(arguments(args, kwargs))
        return await (original(*args, **kwargs) if span is None else _awaited_as_often(span, original, args, kwargs))

    @functools.wraps(original)
    def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        span = start(arguments(args, kwargs))
        items: Generator[Any, Any, Any] = _under_effects(span, original)(*args, **kwargs)
        return (yield from (items if span is None else _generated(span, items)))

    @functools.wraps(original)
    async def async_generator(*args: Any, **kwargs: Any) -> Any:
        span = start(arguments(args, kwargs))
        items = _under_effects(span, original)(*args, **kwargs)
        async with aclosing(items if span is None else _async_generated(span, items)) as stream:
            async for item in stream:
                yield item

    if inspect.iscoroutinefunction(original):
        return coroutine
    if inspect.isasyncgenfunction(original):
        return async_generator
    return generator if inspect.isgeneratorfunction(original) else plain


def _arguments_of(function: Callable[..., Any], drops_first: bool) -> Callable[[Any, Any], dict[str, Any]]:
    """How a call's arguments get their names. `self` and `cls` say nothing about the step."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C have none
        return lambda args, kwargs: {"args": list(args), **kwargs}
    first = next(iter(signature.parameters), None) if drops_first else None

    def named(args: Any, kwargs: Any) -> dict[str, Any]:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:  # the call itself will say what is wrong
            return {"args": list(args), **kwargs}
        return {name: value for name, value in bound.arguments.items() if name != first}

    return named


def _under_effects(span: OpenSpan | None, original: Callable[..., Any]) -> Callable[..., Any]:
    """The function as the effects of the trial make it; the function itself when it has none on this call."""
    if span is None or span.acting is None:
        return original
    call = Call(span.acting, original, span.mark)
    return lambda *args, **kwargs: call.made(args, kwargs)


def _called_as_often(span: OpenSpan, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call once, or as often as a fault wants it, each call a span of its own; the last result counts."""
    while True:
        result = _called(span, _under_effects(span, function), args, kwargs)
        if span.again is None or inspect.isawaitable(result):
            return result
        span = span.again()


async def _awaited_as_often(span: OpenSpan, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    while True:
        result = await _awaited(span, _under_effects(span, function)(*args, **kwargs))
        if span.again is None:
            return result
        span = span.again()


def _called(span: OpenSpan, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        with within(span):
            result = function(*args, **kwargs)
    except BaseException as error:
        span.close(error=error)
        raise
    if inspect.isawaitable(result):
        return _awaited(span, result)
    if inspect.isgenerator(result):
        return _generated(span, result)
    if inspect.isasyncgen(result):
        return _async_generated(span, result)
    span.close(result)
    return result


async def _awaited(span: OpenSpan, result: Awaitable[Any]) -> Any:
    try:
        with within(span):
            value = await result
    except BaseException as error:
        span.close(error=error)
        raise
    span.close(value)
    return value


def _generated(span: OpenSpan, items: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Pass a generator through, with `send`, `throw` and the returned value (PEP 380), and keep what it yields."""
    kept: list[Any] = []
    resume: Callable[[], Any] = functools.partial(items.send, None)
    try:
        while True:
            try:
                with within(span):
                    item = resume()
            except StopIteration as end:
                return end.value
            kept.append(item)
            try:
                resume = functools.partial(items.send, (yield item))
            except GeneratorExit:
                items.close()
                raise
            except BaseException as error:  # noqa: BLE001 # handed to the generator, which may handle it
                resume = functools.partial(items.throw, error)
    except GeneratorExit:
        raise  # the reader had enough: no fault of the step
    except BaseException as error:
        span.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        _close_stream(span, kept)


async def _async_generated(span: OpenSpan, items: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    kept: list[Any] = []
    try:
        while True:
            try:
                with within(span):
                    item = await anext(items)
            except StopAsyncIteration:
                return
            kept.append(item)
            yield item
    except GeneratorExit:
        raise
    except BaseException as error:
        span.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        await items.aclose()
        _close_stream(span, kept)


def _close_stream(span: OpenSpan, kept: list[Any]) -> None:
    """What a stream gave: its pieces joined when all are text, else the list."""
    error = span.error
    span.close("".join(kept) if kept and all(isinstance(item, str) for item in kept) else kept)
    span.error = error
