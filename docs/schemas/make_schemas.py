"""Write the published JSON Schemas beside this file: `python docs/schemas/make_schemas.py`."""

import json
from pathlib import Path

from foretell.reports.decision_json import decision_schema

HERE = Path(__file__).parent


def text_of(schema: object) -> str:
    """A schema as it is published."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (HERE / "decision.schema.json").write_text(text_of(decision_schema()), encoding="utf-8")
