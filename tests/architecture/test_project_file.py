"""The project file as others may write it: its published schema, its page in the docs, and the design's example."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from foretell import settings
from foretell.core import plugins
from foretell.core.errors import ConfigurationError
from tests.architecture.source import ROOT

SNAPSHOT = Path(__file__).parent / "snapshots" / "project.schema.json"
PAGE = ROOT / "docs" / "project-file.md"
EXAMPLE = ROOT / "tests" / "fixtures" / "acme" / "foretell.toml"


def keys_of(schema: Any) -> Iterator[str]:
    """Every key that a schema names, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for inner in schema.values():
            yield from keys_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from keys_of(inner)


def test_the_schema_changes_only_knowingly() -> None:
    """After a change that is meant: foretell schema > tests/architecture/snapshots/project.schema.json."""
    assert settings.json_schema() == json.loads(SNAPSHOT.read_text("utf-8"))


def test_the_command_prints_the_schema() -> None:
    done = subprocess.run([sys.executable, "-m", "foretell", "schema"], capture_output=True, text=True, check=True)
    assert done.stdout == SNAPSHOT.read_text("utf-8")


def explained_in(heading: str) -> set[str]:
    """The keys that have a line in a section of the page, its subsections left out."""
    section = re.search(
        rf"^##+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert section is not None, f"no section '{heading}'"
    return set(re.findall(r"^- `([\w-]+)`", section[1], re.MULTILINE))


def test_the_page_has_a_line_for_every_key() -> None:
    """The description of each table in the schema begins with the heading under which its keys are explained."""
    schema = settings.json_schema()
    missing = {
        heading: left for heading, keys in keys_by_heading(schema).items() if (left := keys - explained_in(heading))
    }
    assert missing == {}
    assert {f"[{key}" for key in schema["properties"]} == {
        heading.rstrip("]").removesuffix(".NAME") for heading in [*keys_by_heading(schema), "[evalsets]"]
    }


def keys_by_heading(schema: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in schema["$defs"].values():
        heading = re.match(r"\[[\w.]+\]", table["description"])
        assert heading is not None, table["description"]
        found.setdefault(heading[0], set()).update(keys_of(table))
    return found


@pytest.mark.parametrize("kind", sorted(plugins.BUILT_IN["targets"]))
def test_the_page_has_a_line_for_every_key_of_a_kind(kind: str) -> None:
    assert explained_in(kind) == {field.name for field in fields(plugins.find("targets", kind))}


def test_the_example_is_valid_here_and_by_the_schema() -> None:
    project, warnings = settings.load_with_warnings(str(EXAMPLE))
    assert (project.name, list(project.suites), list(project.gates)) == (
        "acme-support",
        ["model", "system", "behavioural"],
        ["deploy"],
    )
    assert [warning.where for warning in warnings] == [
        "foretell.toml, [targets.small] model",
        "foretell.toml, [targets.large] model",
        "foretell.toml, [judges.resolved] model",
    ]
    jsonschema_rs.Draft202012Validator(settings.json_schema()).validate(tomllib.loads(EXAMPLE.read_text("utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 3",
        "[project]\nname = 'x'\nnam = 'y'",
        "[project]\nname = 'x'\n[targets.Big]\nkind = 'python'\ncall = 'a:b'",
        "[project]\nname = 'x'\n[targets.a]\nkind = 'python'\ncall = 'a:b'\ntimeout = 'soon'",
        "[project]\nname = 'x'\n[gates.g]\nsuites = []\nsuccess = { at_least = 0.5 }",
        "[project]\nname = 'x'\n[gates.g]\nsuites = ['s']\nsuccess = { at_least = 50 }",
    ],
)
def test_the_schema_and_the_reader_refuse_the_same(text: str, tmp_path: Path) -> None:
    file = tmp_path / "foretell.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError):
        settings.load(str(file))
    assert not jsonschema_rs.Draft202012Validator(settings.json_schema()).is_valid(tomllib.loads(text))
