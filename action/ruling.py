"""Prints the ruling of a decision file: ship, hold, not-enough-evidence; `error` when there is none."""

import json
import sys
from pathlib import Path

RULINGS = ("ship", "hold", "not-enough-evidence")


def ruling_of(path: Path) -> str:
    """The ruling that a file holds. Only the known words get through, because the runner reads what is printed."""
    try:
        decision = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "error"
    ruling = decision.get("ruling") if isinstance(decision, dict) else None
    return ruling if ruling in RULINGS else "error"


if __name__ == "__main__":
    sys.stdout.write(f"{ruling_of(Path(sys.argv[1]))}\n")
