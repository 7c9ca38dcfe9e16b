"""Size limits. Small files and short functions are easy to keep and nearly impossible to win back."""

import ast

import pytest

from tests.architecture.source import Function, Module, functions, module, package_modules, python_files

FILE_LINES = 400
BODY_LINES = 60
LONG_BODY_LINES = 40
LONG_BODY_SHARE = 0.04
PARAMETERS = 5
WIRING_LINES = 150


def long_files(modules: list[Module], limit: int) -> list[str]:
    return [f"{found.path}: {lines}" for found in modules if (lines := len(found.text.splitlines())) > limit]


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last one."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    statements = function.body[1:] if has_docstring else function.body
    return (function.end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def long_bodies(modules: list[Module], limit: int) -> list[str]:
    return [
        f"{found.at(function.lineno)} {function.name}: {lines}"
        for found in modules
        for function in functions(found.tree)
        if (lines := body_lines(function)) > limit
    ]


def parameter_count(found: Module, function: Function) -> int:
    """How many arguments a caller has to think of, `self`, `cls`, `*args` and `**kwargs` left out.

    In `cli` the keyword-only ones are options of a command, and are left out too (docs/adr/0003).
    """
    arguments = function.args
    options = [] if found.is_in("foretell.cli") else arguments.kwonlyargs
    named = [*arguments.posonlyargs, *arguments.args, *options]
    return len(named) - (bool(named) and named[0].arg in {"self", "cls"})


def wide_functions(modules: list[Module], limit: int) -> list[str]:
    return [
        f"{found.at(function.lineno)} {function.name}: {count}"
        for found in modules
        for function in functions(found.tree)
        if (count := parameter_count(found, function)) > limit
    ]


def test_no_file_is_long() -> None:
    assert long_files(list(python_files()), FILE_LINES) == []


def test_the_wiring_stays_short() -> None:
    wiring = [found for found in package_modules() if found.name == "foretell.wiring"]
    assert long_files(wiring, WIRING_LINES - 1) == []


def test_no_body_is_long() -> None:
    assert long_bodies(list(python_files()), BODY_LINES) == []


def test_few_bodies_are_longish() -> None:
    modules = package_modules()
    longish = long_bodies(modules, LONG_BODY_LINES)
    allowed = int(LONG_BODY_SHARE * sum(len(functions(found.tree)) for found in modules))
    assert len(longish) <= allowed, longish


def test_no_function_has_many_parameters() -> None:
    assert wide_functions(package_modules(), PARAMETERS) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f(): ...", 1),
        ('def f():\n    """Docstring,\n    of two lines."""\n    return 1', 1),
        ('def f():\n    """Docstring alone."""', 0),
        ("def f(\n    a,\n):\n    a += 1\n\n    return a", 3),
    ],
)
def test_a_body_is_counted_without_signature_and_docstring(text: str, lines: int) -> None:
    assert [body_lines(function) for function in functions(module(text).tree)] == [lines]


def test_the_limits_catch_what_is_over_them() -> None:
    sketch = module("class A:\n    async def f(self, a, b, /, c, *args, d, **kwargs):\n        a\n        b\n")
    assert long_files([sketch], 3) == ["foretell.core.sketch.py: 4"]
    assert long_bodies([sketch], 1) == ["foretell.core.sketch.py:2 f: 2"]
    assert wide_functions([sketch], 3) == ["foretell.core.sketch.py:2 f: 4"]


def test_the_options_of_a_command_are_not_counted() -> None:
    text = "def command(a, b, *, c, d): ..."
    assert wide_functions([module(text, "foretell.cli.run")], 1) == ["foretell.cli.run.py:1 command: 2"]
    assert wide_functions([module(text, "foretell.services.run")], 1) == ["foretell.services.run.py:1 command: 4"]
