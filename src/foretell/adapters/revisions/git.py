"""Fingerprints by content hash and git, and small reviewed JSON files."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foretell.adapters.revisions.program import git
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, Problem, Unreachable


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """The project's folder as it is on disk."""

    root: str

    def fingerprints(self, globs: Mapping[str, str]) -> Mapping[str, str | None]:
        """See the port: part → hash of all files that match, by name and content; with the commit and the branch."""
        parts = {part: self._hash(pattern) for part, pattern in globs.items()}
        return {**parts, "code": self._commit(), "branch": self._git("rev-parse", "--abbrev-ref", "HEAD")}

    def _hash(self, pattern: str) -> str | None:
        root = Path(self.root)
        files = sorted(path for path in root.glob(pattern) if path.is_file())
        if not files:
            return None
        digest = hashlib.sha256()
        for path in files:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()[:16]

    def _commit(self) -> str | None:
        commit = self._git("rev-parse", "--short=12", "HEAD")
        if commit is None:
            return None
        return f"{commit}+" if self._git("status", "--porcelain", "--untracked-files=no") else commit

    def _git(self, *words: str) -> str | None:
        done = git(self.root, *words)
        return done.stdout.strip() if done is not None and done.returncode == 0 else None

    def read_json(self, path: str) -> Json:
        """See the port."""
        place = Path(self.root, path)
        try:
            return json.loads(place.read_text("utf-8"))
        except FileNotFoundError:
            hint = "Write it with 'foretell baseline set RUN'; until then a gate can decide with --first."
            raise BadInput(Problem(path, "there is no such file.", hint)) from None
        except (ValueError, OSError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            raise BadInput(Problem(path, f"cannot be read: {said}.", "Restore it from version control.")) from error

    def write_json(self, path: str, value: Json) -> None:
        """See the port."""
        place = Path(self.root, path)
        draft = place.with_name(f".{place.name}.{os.getpid()}.tmp")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
            draft.replace(place)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            hint = "Name a file that you may write, and see that there is space."
            raise Unreachable(Problem(path, f"cannot be written: {error.strerror}.", hint)) from error
