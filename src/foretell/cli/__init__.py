"""The command line: a table of commands, each loaded when it is used, and the exit codes.

0 ship or done   1 hold, drift, a fault slipped through   2 not enough evidence
64 usage or configuration   65 bad input   69 unreachable   70 the run failed   130 interrupted   143 terminated
"""

import signal
from importlib import import_module
from itertools import pairwise
from typing import Any

import typer
from typer import _click as click  # typer ships its own copy; usage errors are raised as its classes
from typer.core import TyperGroup

from foretell.cli.output import say
from foretell.cli.signals import Terminated, terminate
from foretell.core.errors import ForetellError, suggest

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "The whole story on a bundled application with a real local model."),
    "init": ("init", "Write a scaffold that runs at once."),
    "doctor": ("doctor", "Check the set-up and the store."),
    "schema": ("schema", "Print the JSON Schema of the project file."),
    "evalset": ("evalset", "Eval sets: import, freeze, list, show, diff."),
    "traffic": ("traffic", "Traffic: import, sample, list, verify, prune, forget."),
    "run": ("run", "Run suites and store what came out."),
    "runs": ("runs", "List the stored runs."),
    "gate": ("gate", "Run what a gate needs and decide: ship, hold, or not enough evidence."),
    "plan": ("plan", "What today's sets can see, and the cases and money to see more."),
    "verify-decision": ("verify_decision", "Compute a recorded decision again from the stored facts."),
    "waive": ("waive", "Answer for a rule that does not ship, until a day."),
    "baseline": ("baseline", "Write the reviewed baseline file."),
    "compare": ("compare", "Two runs, paired by case."),
    "failures": ("failures", "What failed, by name, ranked by what it costs."),
    "steps": ("steps", "How the steps compound, and where failures start."),
    "cost": ("cost", "Cost per successful interaction, alternatives beside it."),
    "report": ("report", "All that is known of a run, or one page of it."),
    "drill": ("drill", "Break the target on purpose, and see which suite notices."),
    "contracts": ("contracts", "What tools and steps take and give: learn, show."),
    "show": ("show", "One trial, whole."),
    "serve": ("serve", "Take in traffic by OTLP, and answer over HTTP."),
}

START = """foretell grades the whole system and decides whether to ship.

  foretell demo      the whole story on a bundled application, nothing to set up
  foretell init      start here: a project that runs at once
  foretell run       run the suites of the project in this folder
  foretell gate X    decide; exit code 0 ship, 1 hold, 2 not enough evidence
  foretell --help    every command
"""


class LazyGroup(TyperGroup):
    """Commands by name; a command's module is imported when the command is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command behind a name.

        Raises:
            UsageError: there is none; with the nearest one.
        """
        if cmd_name not in COMMANDS:
            ctx.fail(f"Command '{cmd_name}' is not known. {suggest(cmd_name, COMMANDS)}")
        module = import_module(f"foretell.cli.{COMMANDS[cmd_name][0]}")
        app = getattr(module, "app", None)
        if app is None:
            app = typer.Typer(rich_markup_mode=None, add_completion=False)
            app.command()(module.command)
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def root(ctx: typer.Context, version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    """Evals that predict production, and a gate that blocks the deploy when the evidence says so."""
    if version:
        say(f"foretell {import_module('importlib.metadata').version('foretell')}")
        raise typer.Exit(0)
    if ctx.invoked_subcommand is None:
        say(START.rstrip())


def run_command_line(words: list[str]) -> int:
    """Run one command and say how it ended: the exit code."""
    signal.signal(signal.SIGTERM, terminate)
    try:
        return _run(words)
    except ForetellError as error:
        for problem in error.problems:
            say(f"{error.code}: {problem}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted", err=True)
        return 130
    except Terminated:
        say("terminated", err=True)
        return 143
    except (Exception, SystemExit) as error:  # noqa: BLE001 # the documented code for anything unforeseen
        # typer turns a pipe that broke, wherever that was, into an exit with 1: here that would be a hold
        cause = (error.__context__ or error) if isinstance(error, SystemExit) else error
        what = f"{type(cause).__name__}: {cause}"
        say(f"run-failed: {what}. This is a fault of foretell; please report it.", err=True)
        return 70


def _run(words: list[str]) -> int:
    try:
        code = app(words, prog_name="foretell", standalone_mode=False)
    except click.exceptions.ClickException as error:
        if isinstance(error, click.exceptions.BadParameter) and (given := _given(error, words)):
            error.message = f"'{given}'. {error.message}"
        error.show()
        return 64
    if code == 130:  # what typer makes of Ctrl-C
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _given(error: click.exceptions.BadParameter, words: list[str]) -> str | None:
    """The word that an option could not read."""
    for option in getattr(error.param, "opts", ()):
        for word, following in pairwise([*words, ""]):
            if word == option:
                return following
            if word.startswith(f"{option}="):
                return word.removeprefix(f"{option}=")
    return None
