"""The repository as the architecture tests read it: its modules as syntax trees, its files as git knows them."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "foretell"
EXAMPLES = "foretell.examples"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: where it lies, the dotted name it is imported by, and its text."""

    path: Path
    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    def at(self, line: int) -> str:
        """Where a finding is, in the form that editors open."""
        return f"{self.path}:{line}"

    def is_in(self, *packages: str) -> bool:
        return any(self.name == package or self.name.startswith(f"{package}.") for package in packages)


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


def module(text: str, name: str = "foretell.core.sketch") -> Module:
    """A module that exists only in a test, to show that a check catches what it is for."""
    return Module(Path(f"{name}.py"), name, text)


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is committed or would be, relative to the root, in order."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted(path for name in listing.split("\0") if name and (ROOT / (path := Path(name))).is_file()))


@cache
def python_files() -> tuple[Module, ...]:
    """Every Python file of the repository, tests and examples too."""
    return tuple(_read(path) for path in repository_files() if path.suffix == ".py")


def package_modules() -> list[Module]:
    """The modules of the package; the example applications, which only lie in it, are left out."""
    return [found for found in python_files() if found.is_in("foretell") and not found.is_in(EXAMPLES)]


def _read(path: Path) -> Module:
    parts = path.with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(path, name, (ROOT / path).read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> list[Function]:
    """Every function and method, nested ones too."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def imports(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and dotted name of everything imported anywhere in the tree; `from a import b` counts as `a.b`."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level + (f"{node.module}." if node.module else "")
            found += [(node.lineno, prefix + alias.name) for alias in node.names]
    return found


@cache
def project() -> dict:
    """The parsed `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
