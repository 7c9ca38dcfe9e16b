"""YAML read as JSON: the core schema of YAML 1.2, so that `no`, `12:30` and `2026-03-01` stay the texts they are."""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from foretell.core.domain.files.strict import NotJson, parse
from foretell.core.domain.values import Json


class NotYaml(ValueError):
    """A text is not YAML that JSON could hold. `line` counts from 1, None when it is not known."""

    def __init__(self, what: str, hint: str = "", line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.line = line


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A value and the tree of nodes that it was made from."""

    value: Json
    root: yaml.Node

    def lines_of(self, keys: tuple[str, ...]) -> list[int]:
        """The lines on which the items of a list begin."""
        node: yaml.Node = self.root
        for key in keys:
            node = next(inner for name, inner in node.value if name.value == key)
        return [item.start_mark.line + 1 for item in node.value]


_FORMS = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    # A number with leading zeros is a code (a post code, a part number) and stays text.
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", tuple("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", tuple("-+.0123456789")),
    ("merge", r"<<", ("<",)),
)
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """The safe loader with the types of YAML 1.2 in place of those of 1.1, and without repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: list[Any] = []
        for key, _ in node.value:
            is_text = key.tag in (_TAG + "str", _TAG + "merge")
            if not is_text or key.value in names:
                shown = repr(key.value) if isinstance(key, yaml.ScalarNode) else "of a mapping"
                what = f"the key {shown} {'occurs twice' if is_text else 'is not text'}"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            names.append(key.value)
        return super().construct_mapping(node, deep)


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """The library's table of types: for every first character the forms to try, in order."""
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name, form, starts in _FORMS:
        for start in starts:
            table.setdefault(start, []).append((_TAG + name, re.compile(f"(?:{form})\\Z")))
    return table


_Loader.yaml_implicit_resolvers = _resolvers()


def parse_yaml(data: bytes) -> YamlDocument:
    """The one document of a YAML text.

    Raises:
        NotYaml: bad syntax, a key twice or not text, more than one document, or a value that JSON does not have.
    """
    try:
        root, value = _load(data)
        plain = parse(json.dumps(value, allow_nan=False))
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise NotYaml(f"is not YAML: {error.problem}.", "Check the indentation and the quotes.", line) from None
    except yaml.YAMLError as error:
        raise NotYaml(f"is not YAML: {str(error).splitlines()[0]}.", "Save the file as UTF-8 text.") from None
    except NotJson as error:
        raise NotYaml(error.what, error.hint) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise NotYaml(f"holds a value that JSON does not have: {error}.", "Write it as text, in quotes.") from None
    if root is None:
        raise NotYaml("holds nothing.", "Give a list of cases.")
    return YamlDocument(plain, root)


def _load(data: bytes) -> tuple[yaml.Node | None, Json]:
    loader: Any = _Loader(data)
    try:
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()
