"""`foretell schema`: the JSON Schema of the project file."""

import json

from foretell import settings
from foretell.cli.output import write


def command() -> None:
    """Print the JSON Schema (draft 2020-12) of the project file, for editors and for other tools."""
    write(json.dumps(settings.json_schema(), indent=1, ensure_ascii=False))
