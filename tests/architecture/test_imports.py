"""Who may import whom: the contracts of `pyproject.toml`, and the walls that an import graph cannot see.

import-linter refuses a contract about a library or module that nobody imports yet. The table of homes below needs no
graph, so those walls stand before the first import.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, functions, imports, module, package_modules

# What each may be imported by, and by nothing else in the package.
HOMES = {
    "aiohttp": {"foretell.adapters.wire"},
    "alembic": {"foretell.adapters.store"},
    "duckdb": {"foretell.adapters.capture"},
    "fastapi": {"foretell.web"},
    "foretell.examples": set(),
    "foretell.settings": {
        "foretell.wiring",
        "foretell.api",
        "foretell.cli",
        "foretell.web",
        "foretell.pytest_plugin",
    },
    "genai_prices": {"foretell.adapters.models"},
    "opentelemetry": {"foretell.adapters.capture", "foretell.step"},
    "psycopg": {"foretell.adapters.store"},
    "pydantic": {"foretell.settings", "foretell.web"},
    "ray": {"foretell.adapters.execution.ray"},
    "rich": {"foretell.cli"},
    "sqlalchemy": {"foretell.adapters.store"},
    "sqlite3": {"foretell.adapters.store"},
    "starlette": {"foretell.web"},
    "typer": {"foretell.cli", "foretell.__main__"},
    "uvicorn": {"foretell.web"},
}

# What thinks, and what it would do I/O with.
THINKING = ("foretell.core", "foretell.services", "foretell.scorers", "foretell.judges", "foretell.reports")
DOING = {
    "aiohttp", "apprise", "duckdb", "fastapi", "http", "httpx", "multiprocessing", "onnxruntime", "opentelemetry", "os",
    "pathlib", "psycopg", "ray", "rich", "shutil", "socket", "spacy", "sqlalchemy", "sqlite3", "starlette",
    "subprocess", "tempfile", "threading", "typer", "urllib.error", "urllib.request",
}  # fmt: skip


def is_under(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def strays(modules: list[Module]) -> list[str]:
    """Imports of something that has a home, from outside of that home."""
    return [
        f"{found.at(line)} imports {target}; its home is {sorted(homes) or 'nowhere'}"
        for found in modules
        for line, name in imports(found.tree)
        for target, homes in HOMES.items()
        if is_under(name, target) and not found.is_in(target, *homes)
    ]


def thoughts_that_act(modules: list[Module]) -> list[str]:
    """Imports of anything that does I/O, from a module that must be told its inputs."""
    return [
        f"{found.at(line)} imports {name}"
        for found in modules
        for line, name in imports(found.tree)
        if found.is_in(*THINKING) and any(is_under(name, acting) for acting in DOING)
    ]


def outside_of_the_standard_library(modules: list[Module]) -> list[str]:
    return [
        f"{found.at(line)} imports {name}"
        for found in modules
        for line, name in imports(found.tree)
        if name.split(".")[0] not in sys.stdlib_module_names and not is_under(name, "foretell.core")
    ]


def late_internal_imports(modules: list[Module]) -> list[str]:
    """Imports of our own modules inside functions: how cycles hide and how start-up time gets lost."""
    return [
        f"{found.at(line)} {function.name} imports {name}"
        for found in modules
        for function in functions(found.tree)
        for line, name in imports(ast.Module(function.body, []))
        if is_under(name, "foretell") or name.startswith(".")
    ]


def test_the_contracts_are_kept() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    finished = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (finished.returncode, "Contracts: " in finished.stdout) == (0, True), finished.stdout + finished.stderr


def test_every_folder_of_modules_is_a_package() -> None:
    """Without its `__init__.py` a folder can be imported, but the linter does not see it."""
    files = {found.path for found in package_modules()}
    assert {path.parent / "__init__.py" for path in files} - files == set()


def test_everything_with_a_home_stays_there() -> None:
    assert strays(package_modules()) == []


def test_what_thinks_does_no_io() -> None:
    assert thoughts_that_act(package_modules()) == []


def test_the_domain_needs_the_standard_library_alone() -> None:
    domain = [found for found in package_modules() if found.is_in("foretell.core.domain", "foretell.core.errors")]
    assert outside_of_the_standard_library(domain) == []


def test_no_internal_import_is_inside_a_function() -> None:
    assert late_internal_imports(package_modules()) == []


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("foretell.services.run", "import ray"),
        ("foretell.adapters.execution.local", "from ray import util"),
        ("foretell.cli", "def f():\n    import sqlalchemy.sql"),
        ("foretell.adapters.targets", "from opentelemetry import trace"),
        ("foretell.services.gate", "from foretell import settings"),
        ("foretell.wiring", "from foretell.examples.support import app"),
    ],
)
def test_a_stray_import_is_caught(importer: str, text: str) -> None:
    assert len(strays([module(text, importer)])) == 1


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("foretell.adapters.execution.ray", "import ray"),
        ("foretell.step", "from opentelemetry import trace"),
        ("foretell.cli.run", "from foretell.settings import read"),
        ("foretell.services.rayon", "import rayon, settings"),
    ],
)
def test_an_import_at_home_is_not(importer: str, text: str) -> None:
    assert strays([module(text, importer)]) == []


def test_the_other_checks_catch_what_they_are_for() -> None:
    sketch = module("import os.path\nimport numpy\ndef f():\n    from foretell.core import plugins")
    assert thoughts_that_act([sketch]) == ["foretell.core.sketch.py:1 imports os.path"]
    assert outside_of_the_standard_library([sketch]) == ["foretell.core.sketch.py:2 imports numpy"]
    assert late_internal_imports([sketch]) == ["foretell.core.sketch.py:4 f imports foretell.core.plugins"]
