"""Chat messages out of the many ways in which instrumentation writes them, in the form of the chat completions API."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard, cast

import msgspec

from foretell.adapters.capture.raw import DEEPEST
from foretell.core.domain.values import Json


def read_json(value: Json) -> Json:
    """Text that is JSON as what it says; any other value, and text that is none, as it is."""
    if not isinstance(value, str) or value[:1] not in ("{", "[", '"'):
        return value
    try:
        read: Json = msgspec.json.decode(value)
        return value if _is_deeper(read, DEEPEST) else read
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested deeper than so many levels: whatever reads them later has limits too."""
    inner = value.values() if _is_object(value) else cast("list[Any]", value) if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(one, levels - 1) for one in inner)


def read_call(value: Json) -> Json:
    """What a recorded function call was given: its one argument, its named ones, else both as they were written down.

    >>> read_call('{"args": ["hi"], "kwargs": {}}'), read_call('{"args": [], "kwargs": {"city": "Paris"}}')
    ('hi', {'city': 'Paris'})
    """
    read: Any = read_json(value)
    if not _is_object(read) or set(read) != {"args", "kwargs"}:
        return cast("Json", read)
    args, kwargs = _list(read, "args"), read["kwargs"]
    if args and kwargs:
        return read
    return cast("Json", args[0] if len(args) == 1 else args or kwargs)


def unflatten(attributes: Mapping[str, Json], prefix: str) -> list[Any]:
    """The list that attributes `PREFIX.0.a.b`, `PREFIX.1.a` … describe, in the order of their numbers.

    >>> unflatten({"m.0.role": "user", "m.0.calls.0.name": "f"}, "m")
    [{'role': 'user', 'calls': [{'name': 'f'}]}]
    """
    tree: dict[str, Any] = {}
    start = f"{prefix}."
    for name, value in attributes.items():
        if name.startswith(start):
            _plant(tree, name[len(start) :].split(".")[:16], value)
    found = _listed(tree)
    return cast("list[Any]", found) if isinstance(found, list) else []


def _plant(tree: dict[str, Any], path: Sequence[str], value: Json) -> None:
    for part in path[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        tree = cast("dict[str, Any]", inner)
    tree.setdefault(path[-1], value)


def _listed(tree: Any) -> Any:
    """A tree whose branches are all numbered as a list."""
    if not _is_object(tree):
        return tree
    if tree and all(re.fullmatch(r"\d{1,6}", name) for name in tree):
        return [_listed(tree[name]) for name in sorted(tree, key=int)]
    return {name: _listed(branch) for name, branch in tree.items()}


def messages_in(value: Json) -> list[dict[str, Json]]:
    """The messages in a value: a list of them, one alone, or a text of the user; empty for anything else."""
    read: Any = read_json(value)
    if isinstance(read, str):
        return [{"role": "user", "content": read}] if read else []
    if _is_object(read):
        read = read.get("messages", [read])
    if not isinstance(read, list):
        return []
    found = (message for item in cast("list[Any]", read) for message in _messages_of(item))
    return list(found)


def _messages_of(item: Any) -> Iterable[dict[str, Json]]:
    """One message as it is written down: usually one of ours; with several tool results in its parts, several."""
    if not _is_object(item):
        return []
    inner: Any = item.get("message")
    if _is_object(inner):
        item = {**item, **inner}
    if not isinstance(item.get("role"), str):
        return []
    parts = item.get("parts")
    if isinstance(parts, list):
        return _of_parts(item["role"], [part for part in cast("list[Any]", parts) if _is_object(part)])
    message: dict[str, Json] = {"role": item["role"], "content": _content(item)}
    calls = [_call(call) for call in _list(item, "tool_calls") if _is_object(call)]
    if calls:
        message["tool_calls"] = calls
    call_id = item.get("tool_call_id") or (item.get("id") if item["role"] == "tool" else None)
    if isinstance(call_id, str):
        message["tool_call_id"] = call_id
    return [message]


def _of_parts(role: str, parts: list[dict[str, Any]]) -> list[dict[str, Json]]:
    texts = [str(part.get("content", "")) for part in parts if part.get("type") == "text"]
    calls = [_call(part) for part in parts if part.get("type") == "tool_call"]
    answers = [part for part in parts if part.get("type") == "tool_call_response"]
    found: list[dict[str, Json]] = []
    if texts or calls or not answers:
        message: dict[str, Json] = {"role": role, "content": "\n".join(texts) if texts else None}
        found.append({**message, "tool_calls": calls} if calls else message)
    for part in answers:
        result: Json = next((part[name] for name in ("response", "result", "content") if name in part), None)
        found.append({"role": "tool", "content": result, "tool_call_id": part.get("id")})
    return found


def _content(item: Mapping[str, Any]) -> Json:
    """A message's content; parts that are all text become one text."""
    content: Any = item.get("content", item.get("contents"))
    parts = cast("list[Any]", content) if isinstance(content, list) else []
    texts = [_text_of_part(part) for part in parts]
    return "".join(text for text in texts if text) if parts and None not in texts else cast("Json", content)


def _text_of_part(part: Any) -> str | None:
    if isinstance(part, str) or not _is_object(part):
        return part if isinstance(part, str) else None
    inner: Any = part.get("message_content", part)
    text = inner.get("text") if _is_object(inner) else None
    return text if isinstance(text, str) else None


def _call(call: Mapping[str, Any]) -> dict[str, Json]:
    """A tool call, whether its function lies inside, under `tool_call`, or beside."""
    inner: Any = call.get("tool_call", call)
    inner = inner if _is_object(inner) else {}
    function: Any = inner.get("function", inner)
    function = function if _is_object(function) else {}
    arguments: Any = function.get("arguments", {})
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    told = {"name": str(function.get("name", "")), "arguments": text}
    return {"id": inner.get("id"), "type": "function", "function": told}


def shown(messages: Sequence[Mapping[str, Json]]) -> Json:
    """What a model answered: the text when there is nothing but that, else the messages."""
    if len(messages) == 1 and "tool_calls" not in messages[0] and isinstance(messages[0].get("content"), str):
        return messages[0]["content"]
    return [dict(message) for message in messages] or None


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return cast("list[Any]", value) if isinstance(value, list) else []


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
