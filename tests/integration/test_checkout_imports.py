"""What a worker of a checkout imports: its own revision, or a clear refusal."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from foretell.adapters.execution.imports import check_origins, paths_in
from foretell.core.domain.trial import TargetSpec
from foretell.core.errors import ConfigurationError
from foretell.core.ports.checkouts import Checkout

SPEC = TargetSpec("app@0123", "python", {"call": "acme.app:answer"})


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A project in the folder `support` of a repository, checked out; both have `support/src` and `libs/core`."""
    for side in ("head", "base"):
        for folder in ("support/src/acme", "libs/core"):
            (tmp_path / side / folder).mkdir(parents=True)
        (tmp_path / side / "support/src/acme/__init__.py").touch()
    (tmp_path / "head" / ".venv" / "lib").mkdir(parents=True)
    return Checkout(str(tmp_path / "base" / "support"), str(tmp_path / "base"), str(tmp_path / "head"))


def module(name: str, file: Path | str | None) -> dict[str, ModuleType]:
    made = ModuleType(name)
    made.__file__ = None if file is None else str(file)
    return {name: made}


def test_entries_of_the_working_tree_are_looked_for_in_the_checkout_first(checkout: Checkout, tmp_path: Path) -> None:
    head, base = tmp_path / "head", tmp_path / "base"
    given = ["", str(head / "libs/core"), str(head / ".venv/lib"), "/usr/lib/python3", str(base / "support")]
    assert paths_in(checkout, given) == [str(base / "support/src"), str(base / "libs/core")]


def test_the_workers_own_program_stays_what_it_is(checkout: Checkout, tmp_path: Path) -> None:
    for side in ("head", "base"):
        (tmp_path / side / "src" / "foretell").mkdir(parents=True)
    assert paths_in(checkout, [str(tmp_path / "head" / "src")]) == [str(tmp_path / "base" / "support/src")]


def test_modules_of_the_checkout_of_python_and_of_packages_are_fine(checkout: Checkout) -> None:
    found = {
        **module("acme", f"{checkout.folder}/src/acme/__init__.py"),
        **module("acme.app", f"{checkout.folder}/src/acme/app.py"),
        **module("builtin", None),
        **module("foretell.x", f"{checkout.original}/src/foretell/x.py"),
        "pytest": sys.modules["pytest"],
    }
    check_origins(checkout, SPEC, found)


def test_a_module_of_the_working_tree_is_refused(checkout: Checkout) -> None:
    file = f"{checkout.original}/support/src/acme/app.py"
    with pytest.raises(ConfigurationError) as caught:
        check_origins(checkout, SPEC, module("acme.app", file))
    assert str(caught.value) == (
        f"target 'app@0123': module 'acme.app' was imported from the working tree, {file}, and not from the checkout. "
        "Name the folder that it is imported from in the target's 'path', as in path = \"src\"."
    )


def test_an_installed_copy_of_what_the_checkout_has_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    installed = tmp_path / "site-packages" / "acme" / "__init__.py"
    with pytest.raises(ConfigurationError, match="package 'acme' was imported as installed"):
        check_origins(checkout, SPEC, module("acme", installed))
    check_origins(checkout, TargetSpec("app", "python", {"call": "other:run"}), module("other", installed))
