"""Rules of the house that no linter knows: where files are opened, names, and reasons beside every exception."""

import ast
import io
import re
import tokenize

import pytest

from tests.architecture.source import Module, module, package_modules, python_files

OPENERS = (
    "foretell.adapters",
    "foretell.settings",
    "foretell.cli",
    "foretell.web",
    "foretell.pytest_plugin",
    "foretell.__main__",
)
FILE_METHODS = {"open", "open_code", "fdopen", "read_text", "read_bytes", "write_text", "write_bytes"}

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}

# `noqa: S101` and its relatives, each with an optional list of codes; what follows must be the reason.
SILENCER = re.compile(
    r"""\#\s*(?:noqa(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?
    |(?:type|pyright|ty)\s*:\s*ignore(?:\[[^\]]*\])?
    |(?:ruff|flake8)\s*:\s*noqa(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?
    |pragma:\s*no\s*(?:cover|branch))""",
    re.VERBOSE,
)
REASON = re.compile(r"\w{2,}\W+\w{2,}")


def file_accesses(found: Module) -> list[str]:
    """Calls that read or write a file, by builtin `open` or by a method of paths and of `io` and `os`."""
    calls = [node for node in ast.walk(found.tree) if isinstance(node, ast.Call)]
    return [
        found.at(call.lineno)
        for call in calls
        if (isinstance(call.func, ast.Name) and call.func.id == "open")
        or (isinstance(call.func, ast.Attribute) and call.func.attr in FILE_METHODS)
    ]


def silencers_without_reason(found: Module) -> list[str]:
    comments = [
        token
        for token in tokenize.generate_tokens(io.StringIO(found.text).readline)
        if token.type == tokenize.COMMENT and SILENCER.search(token.string)
    ]
    return [found.at(token.start[0]) for token in comments if not REASON.search(SILENCER.sub("", token.string))]


def has_banned_name(found: Module) -> bool:
    return not BANNED_NAMES.isdisjoint(re.split(r"[._]", found.name))


def test_files_are_opened_only_at_the_edges() -> None:
    inner = [found for found in package_modules() if not found.is_in(*OPENERS)]
    assert [place for found in inner for place in file_accesses(found)] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(found.path) for found in python_files() if has_banned_name(found)] == []


def test_every_silenced_warning_has_a_reason() -> None:
    assert [place for found in python_files() for place in silencers_without_reason(found)] == []


@pytest.mark.parametrize(
    "text", ["open('a')", "path.read_text()", "with path.open() as file: ...", "io.open('a')", "os.fdopen(3)"]
)
def test_a_file_access_is_caught(text: str) -> None:
    assert file_accesses(module(text)) == ["foretell.core.sketch.py:1"]


@pytest.mark.parametrize(
    ("comment", "is_reasoned"),
    [
        ("# noqa", False),
        ("# noqa: S101", False),
        ("# noqa: S101, E501", False),
        ("# noqa: S101  # why", False),
        ("# noqa: S101 - the name is a constant", True),
        ("# type: ignore[arg-type]", False),
        ("# type: ignore[arg-type]  # the stub is wrong", True),
        ("# pyright: ignore[reportPrivateUsage]", False),
        ("# pyright: ignore[reportPrivateUsage]  # ours too", True),
        ("# noqa: S101  # pyright: ignore[reportPrivateUsage]", False),
        ("# nothing is silenced here", True),
    ],
)
def test_a_reason_is_words_beside_the_codes(comment: str, is_reasoned: bool) -> None:
    assert (silencers_without_reason(module(f"x = 1  {comment}")) == []) is is_reasoned


@pytest.mark.parametrize(
    ("name", "is_banned"), [("foretell.core.utils", True), ("tests.time_helpers", True), ("foretell.basement", False)]
)
def test_a_banned_name_is_caught_as_a_word(name: str, is_banned: bool) -> None:
    assert has_banned_name(module("", name)) is is_banned
