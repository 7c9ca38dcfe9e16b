"""One job of a GitHub runner that uses the action: its steps, its files, and stand-ins for foretell and for GitHub."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
TOKEN = "ghs_not_to_be_seen"
MARKER = "<!-- foretell:gate:deploy -->"
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")

PYTHON = """#!/usr/bin/env bash
if [[ " $* " == *" -m pip "* ]]; then printf '%s\\n' "$@" > "$SANDBOX/pip.txt"; exit 0; fi
if [[ "$1 $2 $3" == "-P -m foretell" ]]; then shift 3; exec "$REAL_PYTHON" "$SANDBOX/stand_in.py" "$@"; fi
exec "$REAL_PYTHON" "$@"
"""
FORETELL = """
import json, os, sys
from pathlib import Path

sandbox = Path(os.environ["SANDBOX"])
(sandbox / "called.json").write_text(json.dumps({"words": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}))
planned = json.loads((sandbox / "planned.json").read_text())
print("::set-output name=ruling::ship")
for word in sys.argv[1:]:
    kind, _, path = word.partition("=")
    if kind in planned["files"]:
        Path(path).write_text(planned["files"][kind])
sys.exit(planned["code"])
"""


@dataclass
class GitHub:
    """The comments of one pull request, as the API tells and takes them."""

    comments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refuses: dict[str, int] = field(default_factory=dict[str, int])
    calls: list[str] = field(default_factory=list[str])
    tokens: set[str | None] = field(default_factory=set[str | None])
    falters: list[int] = field(default_factory=list[int])
    url: str = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body. Of `falters` the first becomes of a comment that was written, the others of what follows."""
        self.calls.append(f"{method} {path}")
        if method in self.refuses:
            return self.refuses[method], {"message": "Resource not accessible by integration"}
        if self.falters and (self.comments or method != "GET"):
            status = self.falters.pop(0)
            if method == "POST":
                self.comments.append(comment(len(self.comments) + 1, body["body"]))
            return status, {"message": "Server Error"}
        parts = urlsplit(path)
        if method == "GET":
            query = parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if method == "PATCH":
            (found,) = [one for one in self.comments if one["id"] == int(parts.path.rpartition("/")[2])]
            return 200, found.update(body) or found
        self.comments.append(comment(len(self.comments) + 1, body["body"]))
        return 201, self.comments[-1]


def comment(number: int, body: str, kind: str = "Bot") -> dict[str, Any]:
    return {"id": number, "body": body, "user": {"login": "somebody", "type": kind}}


@dataclass
class Job:
    """One use of the action: what was put in, and what its steps wrote and printed."""

    folder: Path
    api: str
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    more: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    """What differs in the environment: None is not set."""

    def plan(self, code: int, ruling: str | None) -> None:
        """What the stand-in for foretell writes, and how it ends."""
        files = {}
        if ruling is not None:
            files = {"json": json.dumps({"ruling": ruling}), "markdown": f"{MARKER}\n# foretell: {ruling}\n"}
            files |= {"junit": "<testsuites/>", "sarif": "{}"}
        (self.folder / "planned.json").write_text(json.dumps({"code": code, "files": files}))

    def run(self, **given: str) -> int:
        """Take the steps; the exit code of the first that fails, as a runner would."""
        inputs = {name: self.filled(str(spec.get("default", ""))) for name, spec in ACTION["inputs"].items()}
        inputs |= {"gate": "deploy"} | {name.replace("_", "-"): value for name, value in given.items()}
        for step in STEPS:
            if step.get("if") == "inputs.comment == 'true'" and inputs["comment"] != "true":
                continue
            if code := self.take(step, inputs):
                return code
        return 0

    def take(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        env = {name: self.filled(text, inputs) for name, text in step["env"].items()}
        folder = self.folder / "workspace" / self.filled(step.get("working-directory", "."), inputs)
        script = self.folder / "step.sh"
        script.write_text(step["run"])
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", str(script)],
            cwd=folder, env={**self.environment(), **env}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        self.log += ran.stdout + ran.stderr
        if step.get("id") == "gate":
            lines = (self.folder / "output.txt").read_text().splitlines()
            self.outputs = dict(line.split("=", 1) for line in lines)
        return ran.returncode

    def filled(self, text: str, inputs: dict[str, str] | None = None) -> str:
        """A text of the action with its expressions replaced; one that is not known here is a KeyError."""
        known = {f"inputs.{name}": value for name, value in (inputs or {}).items()} | {"github.token": TOKEN}
        for name in ACTION["outputs"]:
            known[f"steps.gate.outputs.{name}"] = self.outputs.get(name, "")
        return EXPRESSION.sub(lambda found: known[found[1]], text)

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("LANG", "PYTHONPATH") if name in os.environ}
        own = {
            **kept,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "SANDBOX": str(self.folder),
            "REAL_PYTHON": sys.executable,
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_OUTPUT": str(self.folder / "output.txt"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "RUNNER_TEMP": str(self.folder / "temp"),
        }
        return {name: value for name, value in {**own, **self.more}.items() if value is not None}

    @property
    def called(self) -> dict[str, Any]:
        """Arguments, environment and folder that foretell was given."""
        return json.loads((self.folder / "called.json").read_text())

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text()
