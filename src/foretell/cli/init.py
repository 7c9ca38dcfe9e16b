"""`foretell init`: a project that runs at once."""

import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.core.errors import ConfigurationError, Problem, raise_all, suggest

MINIMAL = "minimal"
EXAMPLES = (MINIMAL, "support")
NEXT = """  foretell run                     run the suite and store what came out
  foretell failures latest         what failed, by name
  foretell gate deploy --first     decide; 0 ship, 1 hold, 2 not enough evidence
Keep .foretell/ out of version control: it holds the store."""


def command(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to write; made when it is not there.")] = ".",
    example: Annotated[
        str, typer.Option("--example", metavar="NAME", help=f"Which project: {' or '.join(EXAMPLES)}.")
    ] = MINIMAL,
) -> None:
    """Write a small project that runs at once, offline. No file is ever overwritten."""
    if example not in EXAMPLES:
        raise ConfigurationError(Problem("--example", f"'{example}' is not known.", suggest(example, EXAMPLES)))
    for path in unpack(example, folder):
        say(f"wrote {os.path.normpath(path)}")
    say("\nNext:")
    if os.path.abspath(folder) != os.getcwd():
        say(f"  cd {folder}")
    say(NEXT if example == MINIMAL else "  foretell doctor                  what this project still needs")


def unpack(example: str, folder: str | os.PathLike[str]) -> list[str]:
    """Write an example's files into a folder and name them.

    Raises:
        ConfigurationError: a file is there already, or cannot be written. Then nothing is.
    """
    contents = {os.path.join(folder, name): content for name, content in _example(example)}
    raise_all(
        ConfigurationError,
        (
            Problem(path, "is there already.", "Nothing was written. Move it away, or name an empty folder.")
            for path in contents
            if os.path.lexists(path)
        ),
    )
    for path, content in contents.items():
        _write(path, content)
    return list(contents)


def _example(name: str) -> Iterator[tuple[str, bytes]]:
    return _contents(files("foretell").joinpath("examples", name))


def _contents(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Relative path and content of every file, in order; what Python leaves behind is passed over."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith((".", "__pycache__")):
            continue
        if entry.is_dir():
            yield from _contents(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()


def _write(path: str, content: bytes) -> None:
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)
    except OSError as error:
        hint = "Name a folder that you may write to."
        raise ConfigurationError(Problem(path, f"cannot be written: {error.strerror}.", hint)) from error
