"""Values put into templates, and found again in replies: `{{ name }}` and paths. No code is ever evaluated."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from foretell.core.domain.values import Json, text_of
from foretell.core.errors import Problem, suggest

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)((?:\.[\w-]+)*)\s*\}\}")


class _Missing:
    """There is nothing at that path; null is something."""


MISSING = _Missing()


def find(value: Json, path: str) -> Json:
    """What lies at a dotted path or a JSON pointer (RFC 6901), MISSING when nothing does.

    >>> find({"choices": [{"text": "hi"}]}, "choices.0.text")
    'hi'
    >>> find({"a/b": 1}, "/a~1b")
    1
    """
    for step in _steps(path):
        if isinstance(value, Mapping) and step in value:
            value = cast("Mapping[str, Json]", value)[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(cast("list[Json]", value)):
            value = cast("list[Json]", value)[int(step)]
        else:
            return MISSING
    return value


def _steps(path: str) -> list[str]:
    if path.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    return path.split(".") if path else []


def fill(template: Json, values: Mapping[str, Json]) -> Json:
    """The template with its placeholders replaced. One that is alone in its text keeps its value's JSON type.

    A path that leads nowhere gives null alone, and nothing inside a text.

    >>> fill({"q": "{{ input }}", "note": "case {{ case_id }}"}, {"input": ["a"], "case_id": "r-1"})
    {'q': ['a'], 'note': 'case r-1'}
    """
    if isinstance(template, str):
        return _fill_text(template, values)
    if isinstance(template, Mapping):
        fields = cast("Mapping[str, Json]", template)
        return {name: fill(part, values) for name, part in fields.items()}
    if isinstance(template, list):
        return [fill(part, values) for part in cast("list[Json]", template)]
    return template


def _fill_text(text: str, values: Mapping[str, Json]) -> Json:
    if "{{" not in text:
        return text
    alone = _PLACEHOLDER.fullmatch(text.strip())
    if alone:
        return _value_of(alone, values)
    return _PLACEHOLDER.sub(lambda match: text_of(_value_of(match, values)), text)


def _value_of(match: re.Match[str], values: Mapping[str, Json]) -> Json:
    found = find(values[match[1]], match[2][1:])
    return None if found is MISSING else found


def check_template(template: Json, known: tuple[str, ...], where: str) -> list[Problem]:
    """The placeholders that stand for nothing, and braces that are no placeholder."""
    problems: list[Problem] = []
    for text in _texts(template):
        for match in _PLACEHOLDER.finditer(text):
            if match[1] not in known:
                hint = suggest(match[1], known)
                problems.append(Problem(where, f"placeholder '{match[0]}' stands for nothing.", hint))
        if "{{" in _PLACEHOLDER.sub("", text):
            hint = f"Write {{{{ name }}}} or {{{{ name.path }}}}; names: {', '.join(known)}."
            problems.append(Problem(where, f"'{text[:60]}' holds braces that are no placeholder.", hint))
    return problems


def _texts(template: Json) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for part in cast("Mapping[str, Json]", template).values():
            yield from _texts(part)
    elif isinstance(template, list):
        for part in cast("list[Json]", template):
            yield from _texts(part)
