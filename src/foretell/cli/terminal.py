"""What the commands share: running async work, JSON out, tables, and the house of the project at hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, TypeVar

import typer

from foretell.cli.output import say, terminal_width, write
from foretell.cli.signals import terminable
from foretell.core.domain.values import Json
from foretell.reports.layout import sheet_lines, wrap
from foretell.reports.tables import Sheet
from foretell.services.house import House
from foretell.wiring import open_house, open_project

T = TypeVar("T")

ConfigOption = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="The project file; default: the nearest one upwards.")
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run: its id, the beginning of it, or 'latest', the newest one.")
]
KeyOption = Annotated[
    bool, typer.Option("--ephemeral-key", help="Pseudonyms of traffic agree within this command only.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with a versioned schema instead of a table.")]


def in_house(config: str | None, work: Callable[[House], Awaitable[T]], *, ephemeral_key: bool = False) -> T:
    """Do async work with the project's house open; whatever happens, what was owed to the store is written."""
    project = open_project(config)
    return asyncio.run(_inside(open_house(project, ephemeral_key=ephemeral_key), work))


def look_up(config: str | None, work: Callable[[House], Awaitable[T]]) -> T:
    """Do async work that only reads, also where nothing can be written."""
    return asyncio.run(_inside(open_house(open_project(config), is_reading=True), work))


async def _inside(opening: AbstractAsyncContextManager[House], work: Callable[[House], Awaitable[T]]) -> T:
    async with terminable(), opening as house:
        return await work(house)


def print_json(schema: str, body: dict[str, Json]) -> None:
    """One JSON object on standard output; `schema` is its name and version."""
    text = json.dumps({"schema": schema, **body}, indent=1, ensure_ascii=False, allow_nan=False)
    write("".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text))


def print_sheet(sheet: Sheet) -> None:
    """A report's table, as wide as the terminal or else as it needs, with its notes below."""
    for line in sheet_lines(sheet, terminal_width()):
        say(line)


def say_wrapped(text: str) -> None:
    """A sentence on as many lines of the terminal as it needs."""
    for line in wrap(text, terminal_width()):
        say(line)
