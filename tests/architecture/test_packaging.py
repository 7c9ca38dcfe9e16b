"""What gets installed: locks that fit the project file, a wheel with everything in it, no import undeclared."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT, imports, package_modules, project, repository_files

PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = {
    "runtime": [],
    "demo": ["demo"],
    "dev": ["demo", "dev", "embeddings"],
}
LOCK_FILES = [f"{kind}-py{python}.txt" for kind in LOCKS for python in PYTHONS] + ["demo-model.txt"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*?)(?=^\S|\Z)", re.DOTALL | re.MULTILINE)


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return {canonicalize_name(package): version for package, version, _ in PINNED.findall(lock_text(name))}


def declared(*extras: str) -> list[Requirement]:
    """The requirements of the package with these extras, and what building it needs."""
    metadata = project()["project"]
    optional = [text for extra in extras for text in metadata["optional-dependencies"][extra]]
    return [
        Requirement(text) for text in [*metadata["dependencies"], *optional, *project()["dependency-groups"]["build"]]
    ]


def test_these_are_the_locks() -> None:
    assert sorted(path.name for path in (ROOT / "requirements").glob("*.txt")) == sorted(LOCK_FILES)


@pytest.mark.parametrize("name", LOCK_FILES)
def test_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = lock_text(name)
    entries = PINNED.findall(text)
    unhashed = [package for package, _, rest in entries if "--hash=sha256:" not in rest]
    odd_lines = [
        line for line in text.splitlines() if not re.match(r"[A-Za-z0-9]|    --hash=sha256:[0-9a-f]{64}", line)
    ]
    assert (bool(entries), "://" in text, unhashed, odd_lines) == (True, False, [], [])


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_fits_the_project_file(kind: str, python: str) -> None:
    locked = pins(f"{kind}-py{python}.txt")
    needs = {str(need): (need, locked.get(canonicalize_name(need.name))) for need in declared(*LOCKS[kind])}
    unmet = [text for text, (need, version) in needs.items() if version is None or version not in need.specifier]
    assert unmet == [], "run `make lock`"


@pytest.mark.parametrize("python", PYTHONS)
def test_smaller_locks_are_parts_of_larger_ones(python: str) -> None:
    runtime, demo, dev = (pins(f"{kind}-py{python}.txt").items() for kind in LOCKS)
    assert (runtime <= demo, demo <= dev) == (True, True)


def test_the_project_file_names_the_pythons_of_the_locks() -> None:
    classifiers = project()["project"]["classifiers"]
    assert [text.rpartition(" ")[2] for text in classifiers if "Python :: 3." in text] == list(PYTHONS)


def imported() -> dict[str, list[str]]:
    """Every outside library that the package imports, by its import name, with the places."""
    places: dict[str, list[str]] = {}
    for found in package_modules():
        for line, name in imports(found.tree):
            top = name.split(".")[0]
            if top not in {*sys.stdlib_module_names, "foretell"}:
                places.setdefault(top, []).append(found.at(line))
    return places


def distributions(top: str) -> set[str]:
    """The installed distributions that provide what is imported by this name."""
    return {canonicalize_name(name) for name in providers().get(top, [])}


@cache
def providers() -> Mapping[str, list[str]]:
    return packages_distributions()


def test_whatever_is_imported_is_declared() -> None:
    extras = [extra for extra in project()["project"]["optional-dependencies"] if extra != "dev"]
    available = {canonicalize_name(need.name) for need in declared(*extras)}
    assert {top: places for top, places in imported().items() if distributions(top).isdisjoint(available)} == {}


def test_whatever_everybody_installs_is_imported() -> None:
    needed = {canonicalize_name(Requirement(text).name) for text in project()["project"]["dependencies"]}
    assert needed - {name for top in imported() for name in distributions(top)} == set()


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("foretell/")}
    ours = {path.relative_to("src").as_posix() for path in repository_files() if path.is_relative_to("src/foretell")}
    assert packed == ours
