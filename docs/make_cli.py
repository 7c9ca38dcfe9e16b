"""Writes docs/cli.md, the reference of the commands, from the commands themselves: `python docs/make_cli.py`."""

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer

from foretell import cli

PAGE = Path(__file__).parent / "cli.md"

TOLD = ("help", "config")
"""Options that the head of the page explains."""

HEAD = """\
# The commands

Written by `python docs/make_cli.py` from the commands themselves; a test holds it to them. `foretell COMMAND --help`
says the same.

Every command that works on a project reads the nearest `foretell.toml` or `pyproject.toml` upwards, or the one that
`--config FILE` names. Every command ends with one of these codes:

| code | means |
|---|---|
| 0 | ship, or done: `run`, `compare`, `failures` and `cost` end 0 whatever they found |
| 1 | hold |
| 2 | not enough evidence, unmeasured, the money or the time was spent, the environment |
| 64 | wrong usage or configuration: nothing was run |
| 65 | bad input data |
| 69 | nothing could start because something is not there |
| 70 | the command itself failed |
| 130 · 143 | interrupted · terminated |

A gate that cannot decide never ends with 0, and a reader that goes away (`foretell gate deploy | head`) does not turn a
verdict. Results go to standard output; progress, warnings and errors to standard error. `--json` prints one object
whose `schema` names its form and version.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(part for name in cli.COMMANDS for part in _command(name))])


def commands(name: str) -> Iterator[tuple[str, Any]]:
    """A command by its full name, and what it holds when it is a group."""
    root = typer.main.get_command(cli.app)
    found: Any = root.get_command(typer.Context(root), name)
    yield name, found
    for inner in getattr(found, "commands", {}).values():
        yield f"{name} {inner.name}", inner


def _command(name: str) -> Iterator[str]:
    for full_name, found in commands(name):
        yield f"## foretell {full_name}\n"
        yield f"{cleandoc(found.help or '')}\n"
        if hasattr(found, "commands"):
            continue
        arguments = [one for one in found.params if one.param_type_name == "argument"]
        options = [
            one for one in found.params if one.param_type_name == "option" and one.name not in ("help", "config")
        ]
        usage = [_in_usage(one) for one in arguments] + [_in_usage(one) for one in options if one.required]
        yield f"    {' '.join(['foretell', full_name, *usage])}\n"
        if lines := [_line(one) for one in (*arguments, *options)]:
            yield "\n".join(lines) + "\n"


def _in_usage(one: Any) -> str:
    name = _name(one) + ("..." if one.nargs == -1 else "")
    return name if one.required else f"[{name}]"


def _line(one: Any) -> str:
    has_default = one.default not in (None, False, ()) and not one.required
    default = f" Default: `{one.default}`." if has_default and "default" not in one.help.lower() else ""
    return f"- `{_name(one)}`: {one.help}{default}"


def _name(one: Any) -> str:
    if one.param_type_name == "argument":
        return one.metavar or one.name
    return one.opts[0] if one.is_flag else f"{one.opts[0]} {one.metavar or _choices(one)}"


def _choices(one: Any) -> str:
    return "|".join(str(choice) for choice in one.type_descriptor.choices or ("VALUE",))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
