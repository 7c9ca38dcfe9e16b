"""`versions.toml`: what was frozen, when, and the hash that every frozen file must still have."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from foretell.core.domain.files.times import utc_time
from foretell.core.errors import BadInput, Problem, raise_all

HEAD = "# Written by 'foretell evalset freeze'. Frozen files are checked against these hashes: do not edit either.\n"

_NAME = re.compile(r"v([1-9][0-9]*)")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen version: its number, counted from 1, the hash of its content, the time, the number of cases."""

    number: int
    hash: str
    frozen_at: str
    cases: int

    @property
    def name(self) -> str:
        """As people write it: `v3`."""
        return f"v{self.number}"

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"v{self.number}.jsonl"


def parse_versions(data: bytes, where: str) -> tuple[Frozen, ...]:
    """The versions in a `versions.toml`, oldest first, without gaps.

    Raises:
        BadInput: with all that is wrong.
    """
    try:
        tables = tomllib.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        hint = "Resolve what a merge may have left, or restore the file from git."
        raise BadInput(Problem(where, f"cannot be read as TOML: {error}.", hint)) from error
    problems: list[Problem] = []
    found = [version for name, table in tables.items() if (version := _version(name, table, where, problems))]
    found.sort(key=lambda version: version.number)
    if not problems:
        problems.extend(gaps([version.number for version in found], where))
    raise_all(BadInput, problems)
    return tuple(found)


def gaps(numbers: list[int], where: str) -> Iterator[Problem]:
    """One problem for every number that is missing between 1 and the highest one."""
    for number in range(1, max(numbers, default=0)):
        if number not in numbers:
            yield Problem(where, f"v{number} is missing below v{max(numbers)}.", "Restore it from git.")


def with_versions(data: bytes, versions: list[Frozen]) -> bytes:
    """The file with more versions at its end; what stands there stays as it is, notes of people included."""
    text = data.decode("utf-8-sig") if data.strip() else HEAD
    for one in versions:
        table = f'[{one.name}]\nhash = "{one.hash}"\nfrozen_at = "{one.frozen_at}"\ncases = {one.cases}\n'
        text = f"{text.rstrip()}\n\n{table}"
    return text.encode()


def with_changed(data: bytes, version: str, digest: str, cases: int) -> bytes:
    """The file with another hash and number of cases at one version; all else stays as it is."""
    text = data.decode("utf-8-sig")
    for field, value in (("hash", f'"{digest}"'), ("cases", str(cases))):
        at = rf"^(\[{version}\]\n(?:(?!\[).*\n)*?{field}\s*=\s*)\S+"
        text = re.sub(at, lambda found, value=value: found[1] + value, text, count=1, flags=re.MULTILINE)
    return text.encode()


def _version(name: str, table: Any, where: str, problems: list[Problem]) -> Frozen | None:
    match = _NAME.fullmatch(name)
    if match is None:
        problems.append(Problem(where, f"'{name}' is not a version.", "Versions are v1, v2, v3, …"))
        return None
    if not isinstance(table, dict):
        problems.append(Problem(where, f"'{name}' is not a table.", f"Restore [{name}] from git."))
        return None
    fields = cast("dict[str, Any]", table)
    wrong = [field for field, is_good in _FIELDS.items() if not is_good(fields.get(field))]
    problems.extend(
        Problem(where, f"[{name}] has no good '{field}': {fields.get(field)!r}.", "Restore the file from git.")
        for field in wrong
    )
    return None if wrong else Frozen(int(match[1]), fields["hash"], fields["frozen_at"], fields["cases"])


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(utc_time(value))
    except ValueError:
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_FIELDS = {"hash": _is_hash, "frozen_at": _is_time, "cases": _is_count}
