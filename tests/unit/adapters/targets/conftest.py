"""An application in memory: modules that can be imported by name and are gone after the test."""

import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest


@pytest.fixture
def app() -> Iterator[Callable[..., ModuleType]]:
    """Make a module from its source: `app("shop.search", "def find(q): ...")`; parents are made as packages."""
    made: list[str] = []

    def make(name: str, source: str = "") -> ModuleType:
        parent = name.rpartition(".")[0]
        if parent and parent not in sys.modules:
            make(parent)
        module = ModuleType(name)
        module.__path__ = []  # a package may hold further modules
        sys.modules[name] = module
        made.append(name)
        if parent:
            setattr(sys.modules[parent], name.rpartition(".")[2], module)
        exec(compile(source, f"{name.replace('.', '/')}.py", "exec"), module.__dict__)
        return module

    yield make
    for name in made:
        del sys.modules[name]
