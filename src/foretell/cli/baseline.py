"""`foretell baseline`: the reviewed file that a gate compares with."""

from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, in_house
from foretell.core.errors import ConfigurationError, Problem
from foretell.services.baseline import write_baseline
from foretell.services.house import House

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The reviewed file that a gate compares with.",
)


@app.callback()
def group() -> None:
    """The reviewed file that a gate compares with."""


@app.command("set")
def set_(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run; the runs started with it are taken along.")
    ] = "latest",
    *,
    gate: Annotated[
        str | None, typer.Option(metavar="GATE", help="The gate whose file to write; default: the only one.")
    ] = None,
    anchor: Annotated[bool, typer.Option("--anchor", help="Write the anchor instead of the baseline.")] = False,
    config: ConfigOption = None,
) -> None:
    """Write a gate's baseline (or anchor) file from a run. Review it and commit it."""

    async def work(house: House) -> str:
        path = _path(house, gate, is_anchor=anchor)
        runs = await write_baseline(house, run, path)
        return f"{path}: written from {', '.join(f'{one.suite} {one.id}' for one in runs)}. Review it and commit it."

    say(in_house(config, work))


def _path(house: House, gate: str | None, *, is_anchor: bool) -> str:
    gates = house.project.gates
    name = gate or (next(iter(gates)) if len(gates) == 1 else None)
    if name is None or name not in gates:
        hint = f"Name one with --gate: {', '.join(gates) or 'there are none yet'}."
        raise ConfigurationError(
            Problem("", f"which gate's file is meant is not clear ({gate or 'none named'}).", hint)
        )
    reference = gates[name].anchor if is_anchor else gates[name].baseline
    kind = "anchor" if is_anchor else "baseline"
    if reference is None or not reference.startswith("file:"):
        hint = f'Add {kind} = "file:evals/baselines/{name}.json" to [gates.{name}].'
        raise ConfigurationError(Problem(f"gate '{name}'", f"its {kind} is not a file ({reference or 'none'}).", hint))
    return reference.removeprefix("file:")
