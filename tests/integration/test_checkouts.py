"""Revisions checked out beside a repository: found, made, removed, and what is said when that cannot be."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from foretell.adapters.revisions.checkouts import Worktrees
from foretell.adapters.revisions.git import WorkingTree
from foretell.core.errors import ConfigurationError, Unreachable

T = TypeVar("T")
NAMED = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *NAMED, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, text: str) -> str:
    """A commit whose file `app/prompt.md` says this; its hash."""
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app" / "prompt.md").write_text(text, "utf-8")
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-q", "-m", text)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits on main, the first of them tagged v1; temporary files go beside it."""
    folder, temporary = tmp_path / "repository", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "old")
    git(folder, "tag", "v1")
    commit(folder, "new")
    return folder


def prompt(folder: str) -> str:
    """What the application's prompt is there."""
    return Path(folder, "prompt.md").read_text("utf-8")


def are_there(*folders: Path | str) -> list[bool]:
    return [Path(folder).is_dir() for folder in folders]


def left(repository: Path) -> list[str]:
    """Checkouts that are still there, for git or on disk."""
    listed = git(repository, "worktree", "list", "--porcelain").splitlines()
    trees = [line for line in listed if line.startswith("worktree ")][1:]
    return [*trees, *map(str, (repository.parent / "temporary").iterdir())]


def using(repository: Path, work: Callable[[Worktrees], Awaitable[T]]) -> T:
    """What some work with the checkouts of a repository gives; they are closed afterwards."""

    async def inside() -> T:
        checkouts = Worktrees(str(repository))
        try:
            return await work(checkouts)
        finally:
            await checkouts.aclose()

    return asyncio.run(inside())


def test_a_revision_is_there_beside_the_tree_until_it_is_closed(repository: Path) -> None:
    (repository / "app" / "prompt.md").write_text("not committed", "utf-8")
    project = repository / "app"

    async def work(checkouts: Worktrees) -> None:
        old = await checkouts.find("v1")
        made = await checkouts.check_out(old)
        assert made == await checkouts.check_out(old)
        assert (Path(made.folder), made.original) == (Path(made.top, "app"), str(repository))
        assert prompt(made.folder) == "old"
        assert WorkingTree(made.folder).fingerprints({}) == {"code": old[:12], "branch": "HEAD"}
        assert await checkouts.changed(old) == ["app/prompt.md"]

    using(project, work)
    assert left(repository) == []
    assert (project / "prompt.md").read_text("utf-8") == "not committed"


@pytest.mark.parametrize("name", ["main", "HEAD~0", "refs/heads/main"])
def test_a_commit_goes_by_many_names(repository: Path, name: str) -> None:
    assert using(repository, lambda checkouts: checkouts.find(name)) == git(repository, "rev-parse", "HEAD")


def refusal(repository: Path, name: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        using(repository, lambda checkouts: checkouts.find(name))
    return str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "-q", "--all"])
def test_what_is_no_name_is_refused(repository: Path, name: str) -> None:
    assert refusal(repository, name) == (f"revision '{name}': is no name of a commit. Give a branch, a tag or a hash.")


def test_an_unknown_revision_is_refused_with_the_nearest_name(repository: Path) -> None:
    told = f"is not known in {repository}."
    assert refusal(repository, "mian") == f"revision 'mian': {told} Did you mean 'main'?"
    assert refusal(repository, "zzzzzz") == f"revision 'zzzzzz': {told} If it is a branch of a remote, fetch it first."
    assert refusal(repository, "v1:app/prompt.md").startswith("revision 'v1:app/prompt.md': is not known")


def test_a_shallow_clone_says_how_to_get_more(repository: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))
    assert "This clone is shallow" in refusal(shallow, "HEAD~1")
    assert "fetch-depth: 0" in refusal(shallow, "v1")


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "can only be checked out in a git repository: not a git repository" in refusal(tmp_path, "main")


def test_a_machine_without_git_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert refusal(repository, "main").endswith("a revision needs the git program, which is not there. Install git.")


def test_inside_a_hook_of_another_repository_it_still_is_this_one(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    async def work(checkouts: Worktrees) -> str:
        made = await checkouts.check_out(await checkouts.find("v1"))
        return prompt(f"{made.top}/app")

    assert using(repository, work) == "old"


def test_hooks_of_the_repository_do_not_run(repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{repository}/ran'\n", "utf-8")
    hook.chmod(0o755)

    async def work(checkouts: Worktrees) -> None:
        await checkouts.check_out(await checkouts.find("v1"))

    using(repository, work)
    assert not (repository / "ran").exists()


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(repository: Path) -> None:
    async def work(checkouts: Worktrees) -> None:
        mine = await checkouts.check_out(await checkouts.find("v1"))
        dead = Path(tempfile.mkdtemp(prefix="foretell-checkout-"))
        (dead / "held").touch()
        git(repository, "worktree", "add", "-q", "--detach", str(dead / "tree"), "v1")
        users_own = repository.parent / "own"
        git(repository, "worktree", "add", "-q", "--detach", str(users_own), "v1")

        other = Worktrees(str(repository))
        await other.check_out(await other.find("main"))
        assert are_there(mine.top, dead, users_own) == [True, False, True]
        await other.aclose()
        assert are_there(mine.top) == [True]
        git(repository, "worktree", "remove", str(users_own))

    using(repository, work)
    assert left(repository) == []


def test_a_folder_that_vanished_is_forgotten(repository: Path) -> None:
    dead = Path(tempfile.mkdtemp(prefix="foretell-checkout-"))
    git(repository, "worktree", "add", "-q", "--detach", str(dead / "tree"), "v1")
    subprocess.run(["rm", "-r", str(dead)], check=True)

    async def work(checkouts: Worktrees) -> None:
        await checkouts.check_out(await checkouts.find("v1"))

    using(repository, work)
    assert left(repository) == []


def test_a_place_that_cannot_be_written_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    async def work(checkouts: Worktrees) -> None:
        await checkouts.check_out(await checkouts.find("v1"))

    with pytest.raises(Unreachable, match=r"nowhere: cannot be written: No such file or directory\. Name another"):
        using(repository, work)


def test_a_checkout_that_git_cannot_make_leaves_nothing(repository: Path) -> None:
    (repository / ".git" / "worktrees").write_text("in the way", "utf-8")

    async def work(checkouts: Worktrees) -> None:
        await checkouts.check_out(await checkouts.find("v1"))

    with pytest.raises(Unreachable, match="cannot be checked out into"):
        using(repository, work)
    assert os.listdir(repository.parent / "temporary") == []
