"""Commits checked out beside the working tree, by git worktree."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from foretell.adapters.revisions.program import git
from foretell.core.errors import ConfigurationError, Problem, Unreachable, suggest
from foretell.core.ports.checkouts import Checkout

_PREFIX = "foretell-checkout-"
_SECONDS = 600.0


@dataclass
class Worktrees:
    """Checkouts of the repository around `root`, in the folder for temporary files, until they are closed.

    Beside each of them lies a file that its owner holds a lock on. One that nobody holds was left by a process that was
    killed; the next one that makes a checkout of the same repository removes it.
    """

    root: str
    _open: dict[str, Checkout] = field(default_factory=dict[str, Checkout], init=False)
    _places: list[tuple[Path, int]] = field(default_factory=list[tuple[Path, int]], init=False)
    _is_used: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    async def find(self, reference: str) -> str:
        """See the port."""
        return await asyncio.to_thread(self._find, reference)

    async def check_out(self, commit: str) -> Checkout:
        """See the port."""
        self._is_used = True
        return await asyncio.to_thread(self._checked_out, commit)

    async def changed(self, commit: str) -> Sequence[str]:
        """See the port."""
        return (await asyncio.to_thread(self._git, "diff", "--name-only", "-z", commit)).stdout.split("\0")[:-1]

    async def aclose(self) -> None:
        """See the port."""
        if self._is_used:
            await asyncio.to_thread(self._close)

    def _find(self, reference: str) -> str:
        top = self._top()
        where = f"revision '{reference}'"
        if not reference.strip() or reference.startswith("-"):
            raise ConfigurationError(Problem(where, "is no name of a commit.", "Give a branch, a tag or a hash."))
        found = self._git("rev-parse", "--verify", f"{reference}^{{commit}}")
        if found.returncode == 0:
            return found.stdout.strip()
        raise ConfigurationError(Problem(where, f"is not known in {top}.", self._hint(reference)))

    def _hint(self, reference: str) -> str:
        if self._git("rev-parse", "--is-shallow-repository").stdout.strip() == "true":
            deep = "fetch-depth: 0 (actions/checkout), GIT_DEPTH: 0 (GitLab)"
            return f"This clone is shallow and may not hold it: fetch it with 'git fetch --unshallow', or set {deep}."
        names = self._git("for-each-ref", "--format=%(refname:short)", "--count=200").stdout.split()
        near = suggest(reference, names)
        return near if near.startswith("Did") else "If it is a branch of a remote, fetch it first."

    def _top(self) -> str:
        found = self._git("rev-parse", "--show-toplevel")
        if found.returncode == 0:
            return found.stdout.strip()
        what = f"a revision can only be checked out in a git repository: {_last_line(found.stderr)}"
        raise ConfigurationError(Problem(self.root, what, "Run this inside the repository of the project."))

    def _checked_out(self, commit: str) -> Checkout:
        with self._lock:
            if commit not in self._open:
                self._open[commit] = self._make(commit)
            return self._open[commit]

    def _make(self, commit: str) -> Checkout:
        top = os.path.realpath(self._top())
        self._find(commit)
        self._sweep()
        home = self._home()
        tree = home / "tree"
        quiet = ("-c", f"core.hooksPath={os.devnull}", "-c", "advice.detachedHead=false")
        made = self._git(*quiet, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        if made.returncode != 0:
            what = f"cannot be checked out into {tree}: {_last_line(made.stderr)}"
            hint = "See that there is space, and that the repository's .git may be written."
            raise Unreachable(Problem(f"revision '{commit[:12]}'", what, hint))
        inside = os.path.relpath(os.path.realpath(self.root), top)
        return Checkout(os.path.normpath(tree / inside), str(tree), top)

    def _home(self) -> Path:
        """A new folder, with our lock on it."""
        try:
            home = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
            held = os.open(home / "held", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            hint = "Name another folder for temporary files in TMPDIR."
            raise Unreachable(Problem(tempfile.gettempdir(), f"cannot be written: {error.strerror}.", hint)) from error
        self._places.append((home, held))
        _is_free(held)
        return home

    def _sweep(self) -> None:
        """Remove the checkouts of this repository whose owner is no more."""
        for line in self._git("worktree", "list", "--porcelain").stdout.splitlines():
            tree = Path(line.removeprefix("worktree "))
            if line.startswith("worktree ") and tree.parent.name.startswith(_PREFIX) and _is_left(tree.parent):
                self._remove(tree.parent)

    def _remove(self, home: Path) -> None:
        self._git("worktree", "remove", "--force", "--force", str(home / "tree"))
        shutil.rmtree(home, ignore_errors=True)

    def _close(self) -> None:
        with self._lock:
            self._open.clear()
            for home, held in self._places:
                self._remove(home)
                os.close(held)
            self._places.clear()

    def _git(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = git(self.root, *words, seconds=_SECONDS)
        if done is None:
            hint = "Install git."
            raise ConfigurationError(Problem(self.root, "a revision needs the git program, which is not there.", hint))
        return done


def _is_left(home: Path) -> bool:
    """True when no process holds the checkout."""
    try:
        held = os.open(home / "held", os.O_RDWR)
    except OSError:
        return True
    try:
        return _is_free(held)
    finally:
        os.close(held)


def _is_free(held: int) -> bool:
    """Take the lock on an open file for as long as it is open; False when another process has it."""
    import fcntl  # Windows has none, and must be able to import this module

    with suppress(OSError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else "git said nothing").removeprefix("fatal: ").rstrip(".") + "."
