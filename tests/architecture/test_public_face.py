"""`import foretell` as its users meet it: few names, nothing happens, and it is quick."""

import ast
import os
import re
import subprocess
import sys

import pytest

import foretell
from tests.architecture.source import ROOT, imports, package_modules

PUBLIC_NAMES = 20
IMPORT_SECONDS = 0.100
HELP_SECONDS = 0.200
ATTEMPTS = 7

# Runs around the statement under test and prints what it did to the world. Python's reading of module files is left
# out: that is what an import is.
WATCH = """
import os, sys, threading

EFFECTS = []
QUIET = (
    "import", "compile", "exec", "marshal.", "object.", "code.", "builtins.id", "sys._getframe", "os.listdir",
    "os.scandir",
)

def is_importing(frame):
    return frame is not None and "importlib" in frame.f_code.co_filename

def note(event, args):
    if not event.startswith(QUIET) and not is_importing(sys._getframe(1)):
        EFFECTS.append((event, str(args)[:200]))

class Watched(dict):
    def __getitem__(self, name):
        EFFECTS.append(("environment", str(name)))
        return super().__getitem__(name)

os.environ._data = Watched(os.environ._data)
before = set(threading.enumerate())
sys.addaudithook(note)
{statement}
found = list(EFFECTS)
found += [("thread", thread.name) for thread in set(threading.enumerate()) - before]
print(found)
"""


def run_python(code: str) -> str:
    """What a fresh interpreter prints, without the guard and in a folder that holds no project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FORETELL"))}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT.anchor, env=environment, check=True, capture_output=True, text=True).stdout


def cpu_seconds(*arguments: str) -> float:
    """The least processor time, user and system, that a fresh interpreter took in several tries.

    The least of a few is what the program costs; all above it is what else the machine was doing. The first try also
    writes compiled modules, which the others find.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    spent = []
    for _ in range(ATTEMPTS):
        child = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        spent.append(usage.ru_utime + usage.ru_stime)
    return min(spent)


def test_the_public_names_are_few_sorted_and_all_there_is() -> None:
    listed = list(foretell.__all__)
    code = "import foretell; print(*[name for name in dir(foretell) if not name.startswith('_')])"
    visible = run_python(code).split()
    assert listed == sorted(set(listed))
    assert sorted(visible) == listed
    assert len(listed) <= PUBLIC_NAMES


def test_type_checkers_see_the_same_names() -> None:
    (face,) = [found for found in package_modules() if found.name == "foretell"]
    blocks = [node for node in face.tree.body if isinstance(node, ast.If)]
    assert sorted(name.rpartition(".")[2] for block in blocks for _, name in imports(block)) == list(foretell.__all__)


@pytest.mark.parametrize("name", foretell.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    named = getattr(foretell, name)
    assert isinstance(named, str) or named.__doc__


def test_an_unknown_name_is_refused_as_usual() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = foretell.no_such_name


def test_the_import_has_no_effect() -> None:
    assert run_python(WATCH.replace("{statement}", "import foretell")) == "[]\n"


@pytest.mark.parametrize(
    ("statement", "effect"),
    [
        ("open(os.devnull)", "open"),
        ("os.environ.get('HOME')", "environment"),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "thread"),
        ("import socket; socket.socket().close()", "socket.__new__"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
    ],
)
def test_the_watch_sees_an_effect(statement: str, effect: str) -> None:
    assert effect in re.findall(r"\('([\w.]+)'", run_python(WATCH.replace("{statement}", statement)))


def test_importing_is_quick() -> None:
    assert cpu_seconds("-c", "import foretell") < IMPORT_SECONDS


def test_help_is_quick() -> None:
    assert cpu_seconds("-m", "foretell", "--help") < HELP_SECONDS
