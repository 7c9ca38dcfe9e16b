"""Lines on standard output and standard error, whoever reads them and whether anybody still does."""

import os
import shutil
import sys

import typer

from foretell.core.domain.values import printable
from foretell.core.errors import Problem, RunFailed

NARROWEST = 40


def say(text: str = "", *, err: bool = False) -> None:
    """A line of text, its control characters shown.

    Raises:
        RunFailed: it cannot be written.
    """
    write(printable(text), err=err)


def write(text: str, *, err: bool = False) -> None:
    """A line of text as it is. A reader that went away (`| head`) ends nothing: the exit code has to tell the verdict.

    Raises:
        RunFailed: it cannot be written.
    """
    try:
        typer.echo(text, err=err)
    except BrokenPipeError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), (sys.stderr if err else sys.stdout).fileno())
    except OSError as error:
        hint = "The command itself went to its end, and what it did is done."
        raise RunFailed(Problem("standard output", f"cannot be written: {error.strerror}.", hint)) from error


def terminal_width() -> int | None:
    """How wide the terminal is; None where the output goes to a file or to another program."""
    if not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size().columns, NARROWEST)
