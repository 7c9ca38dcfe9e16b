"""`foretell schema`: the JSON Schema of the project file."""

import json

import typer

from foretell import settings


def command() -> None:
    """Print the JSON Schema (draft 2020-12) of the project file, for editors and for other tools."""
    typer.echo(json.dumps(settings.json_schema(), indent=1, ensure_ascii=False))
