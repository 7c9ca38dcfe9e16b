"""`foretell contracts`: what tools and steps take and give."""

from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, JsonOption, RunArgument, in_house, print_json, print_sheet
from foretell.core.analysis.trials.contracts import calls_seen, read_contract
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.reports.contracts import contract_sheet
from foretell.reports.numbers import as_json
from foretell.services.contracts import Learned, learn, read
from foretell.services.house import House

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="What tools and steps take and give: learned from good runs, reviewed in git.",
)


@app.callback()
def group() -> None:
    """What tools and steps take and give: learned from good runs, reviewed in git."""


@app.command("learn")
def learn_(
    run: RunArgument = "latest",
    *,
    name: Annotated[str, typer.Option(metavar="NAME", help="The file is evals/contracts/NAME.json.")] = "steps",
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Learn JSON Schemas of tools and steps from the successful trials of a run. Review the file and commit it."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ConfigurationError(Problem("--name", f"'{name}' is no name.", "Use letters, digits, '-' and '_'."))

    async def work(house: House) -> Learned:
        return await learn(house, run, name)

    learned = in_house(config, work)
    if as_json_:
        print_json("foretell.contract/1", as_json(learned))
        return
    _show(f"Learned from {learned.trials} good trials of {learned.run}", {"steps": learned.steps})
    say(f"{learned.path}: written. Review it, commit it, and name it to the scorer:")
    say(f'  [scorers.contract]\n  use = "tool_contract"\n  contract = {{ file = "{learned.path}" }}')


@app.command("show")
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A learned contract, or the path of any file with one.")
    ] = "steps",
    *,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show a contract: one that was learned, an OpenAPI document, or an MCP list of tools."""

    async def work(house: House) -> tuple[str, Json]:
        return read(house, name)

    path, given = in_house(config, work)
    if as_json_:
        print_json("foretell.contract-file/1", {"path": path, **as_json(read_contract(given))})
        return
    _show(path, given)


def _show(title: str, given: Json) -> None:
    print_sheet(contract_sheet(title, read_contract(given), calls_seen(given)))
