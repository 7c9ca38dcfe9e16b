"""What the commands share: running async work, JSON out, tables, and the house of the project at hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from foretell.cli.signals import terminable
from foretell.core.domain.values import Json, printable
from foretell.reports.tables import Sheet
from foretell.services.house import House
from foretell.wiring import open_house, open_project

T = TypeVar("T")

ConfigOption = Annotated[
    str | None, typer.Option("--config", help="The project file; default: the nearest one upwards.")
]
KeyOption = Annotated[
    bool, typer.Option("--ephemeral-key", help="Pseudonyms of traffic agree within this command only.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with a versioned schema instead of a table.")]


def in_house(config: str | None, work: Callable[[House], Awaitable[T]], *, ephemeral_key: bool = False) -> T:
    """Do async work with the project's house open; whatever happens, what was owed to the store is written."""
    project = open_project(config)

    async def inside() -> T:
        async with terminable(), open_house(project, ephemeral_key=ephemeral_key) as house:
            return await work(house)

    return asyncio.run(inside())


def print_json(schema: str, body: dict[str, Json]) -> None:
    """One JSON object on standard output; `schema` is its name and version."""
    typer.echo(json.dumps({"schema": schema, **body}, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """An aligned table; heads that begin with '>' are right-aligned. Cells are plain text, never markup."""
    table = Table(
        title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for head in heads:
        table.add_column(
            Text(head.removeprefix(">")), justify="right" if head.startswith(">") else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    screen().print(table)


def print_sheet(sheet: Sheet) -> None:
    """A report's table with its notes below."""
    print_table(sheet.heads, sheet.rows, sheet.title)
    for note in sheet.notes:
        typer.echo(printable(note))


def screen() -> Console:
    """Standard output; plain, and as wide as a table needs, when it is not a terminal."""
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=240)
