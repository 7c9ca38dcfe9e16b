"""The git program, asked about one folder."""

import os
import shutil
import subprocess

_MOVED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
"""What git sets for its hooks: inside one of them it would name another repository, or another index."""


def git(folder: str, *words: str, seconds: float = 30.0) -> subprocess.CompletedProcess[str] | None:
    """How a git command in a folder ended; None when there is no git. It asks nobody for a password."""
    program = shutil.which("git")
    if program is None:
        return None
    environment = {name: value for name, value in os.environ.items() if name not in _MOVED}
    return subprocess.run(  # noqa: S603 # fixed words and names that were checked, no shell
        [program, "-C", folder, *words],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
        env={**environment, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
    )
