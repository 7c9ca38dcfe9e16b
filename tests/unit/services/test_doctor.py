"""What the doctor says of each finding, and the exit code."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.project import Anonymising, Project, Suite, TrafficSlice
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import TargetSpec, TrialRecord
from foretell.core.errors import BadInput, ConfigurationError, ForetellError, Problem, Unreachable
from foretell.core.ports.evalsets import VersionLine
from foretell.core.ports.execution import Workload
from foretell.services.doctor import (
    Check,
    check_evalsets,
    check_file,
    check_installation,
    check_live,
    check_names,
    check_project,
    check_pseudonyms,
    check_revisions,
    check_secrets,
    check_store,
    check_unopened,
    exit_code,
)

SUITE = Suite("system", "system", "app", (), "core@2")
REPLAY = Suite("replay", "behavioural", "app", (), traffic=TrafficSlice())
PROJECT = Project("shop", "/srv/shop", evalsets={"core": "evals/core"}, suites={"system": SUITE})


def target(name: str, **params: object) -> dict[str, Arm]:
    return {name: Arm(TargetSpec(name, "http", params))}


def test_an_extra_that_is_not_there_says_what_it_would_give() -> None:
    installed = {"foretell": "1.2", "ray": "2.40"}.get
    checks = {check.name: check for check in check_installation(installed, "3.12.1")}
    assert checks["foretell"] == Check("foretell", "ok", "1.2, on Python 3.12.1")
    assert checks["ray"] == Check("ray", "ok", "ray 2.40")
    assert checks["postgres"] == Check(
        "postgres",
        "ok",
        "not there (psycopg); it would give a store in PostgreSQL",
        "To have it: pip install 'foretell[postgres]'",
    )


@pytest.mark.parametrize(
    ("project", "state"), [(None, "ok"), (PROJECT, "ok"), (Project("shop", "/", suites={"replay": REPLAY}), "warn")]
)
def test_names_matter_to_those_who_replay_traffic(project: Project | None, state: str) -> None:
    assert check_names({}.get, project) == Check(
        "names",
        state,
        "not covered: patterns alone find no names of people in traffic",
        "To have it: pip install 'foretell[anonymise]'",
    )


NAMED = Project("shop", "/", anonymise=Anonymising(names="some_model"))
VERSIONS = {"presidio-analyzer": "2.2", "spacy": "3.8", "some_model": "1.0"}


def test_names_are_covered_with_their_model() -> None:
    assert check_names(VERSIONS.get, NAMED) == Check("names", "ok", "covered by some_model 1.0")
    assert check_names(VERSIONS.get, PROJECT).hint == 'Name a spaCy model: [anonymise] names = "MODEL".'
    found = check_names({"spacy": "3.8"}.get, NAMED)
    assert (found.state, found.found, found.code) == ("fail", "not installed: presidio-analyzer, some_model", 64)


def test_a_bad_file_fails_with_all_its_mistakes() -> None:
    checks = list(check_file([Problem("a", "is wrong.", "Do b."), Problem("", "is worse.")]))
    assert checks == [
        Check("project file", "fail", "a: is wrong.", "Do b.", 64),
        Check("project file", "fail", "is worse.", "", 64),
    ]


def test_a_good_file_is_counted_and_its_warnings_passed_on() -> None:
    checks = list(check_project(PROJECT, [Problem("[targets.a] model", "floats.", "Pin it.")]))
    assert checks == [
        Check("project file", "ok", "'shop': 1 suite, 0 targets, 0 gates"),
        Check("project file", "warn", "[targets.a] model: floats.", "Pin it."),
    ]


def test_secrets_are_found_wherever_a_target_names_them() -> None:
    targets = {
        **target("a", api_key={"env": "KEY_A"}, headers={"X": {"env": "KEY_B", "prefix": "Bearer "}}),
        **target("b", deep=[{"token": {"env": "KEY_B"}}], env={"PATH": "bin"}),
    }
    checks = list(check_secrets(Project("shop", "/", targets=targets), {"KEY_A": "sesame"}.get))
    assert checks == [
        Check("secret", "ok", "KEY_A is set"),
        Check("secret", "warn", "KEY_B is not set", "Before running a, b: export KEY_B=…"),
    ]


@pytest.mark.parametrize(
    ("suite", "values", "checks"),
    [
        (REPLAY, {"KEY": "k"}, [Check("secret", "ok", "KEY is set")]),
        (REPLAY, {}, [Check("secret", "warn", "KEY is not set", "Traffic cannot be stored for longer without it.")]),
        (SUITE, {}, []),
    ],
)
def test_the_pseudonym_key_is_missed_where_traffic_is_stored(
    suite: Suite, values: dict[str, str], checks: list[Check]
) -> None:
    project = Project("shop", "/", suites={suite.name: suite})
    assert list(check_pseudonyms(project, "KEY", values.get)) == checks


@dataclass
class Sets:
    """One set with some versions; `broken` names the one that cannot be read, and why."""

    hashes: Mapping[str, str]
    broken: tuple[str, ForetellError] | None = None

    def read(self, name: str, version: str | None = None) -> EvalSetVersion:
        frozen = [version for version in self.hashes if version != "working"]
        found = version or (frozen[-1] if frozen else "working")
        if self.broken is not None and self.broken[0] == found:
            raise self.broken[1]
        return EvalSetVersion(name, found, self.hashes[found], (Case("a", "?"), Case("b", "?")))

    def versions(self, name: str) -> Sequence[VersionLine]:
        return [VersionLine(version, hash_, None, 2) for version, hash_ in self.hashes.items()]


@pytest.mark.parametrize(
    ("hashes", "check"),
    [
        ({"v1": "aa", "v2": "bb"}, Check("eval set core", "ok", "core@v2, 2 cases")),
        ({"v1": "aa", "working": "aa"}, Check("eval set core", "ok", "core@v1, 2 cases")),
        (
            {"v1": "aa", "working": "bb"},
            Check("eval set core", "ok", "core@v1, 2 cases; the working file has moved on since"),
        ),
        ({"sha-1": "aa"}, Check("eval set core", "ok", "core@sha-1, 2 cases")),
        (
            {"working": "aa"},
            Check(
                "eval set core",
                "warn",
                "core@working, 2 cases, nothing frozen yet",
                "A frozen set compares with itself later: foretell evalset freeze core",
            ),
        ),
    ],
)
def test_a_set_is_told_by_its_newest_version(hashes: dict[str, str], check: Check) -> None:
    project = Project("shop", "/", evalsets={"core": "evals/core"})
    assert list(check_evalsets(project, Sets(hashes))) == [check]


def test_the_version_that_a_suite_pins_is_read_too() -> None:
    sets = Sets({"v1": "aa", "2": "bb"})
    assert list(check_evalsets(PROJECT, sets))[1:] == [Check("eval set core@2", "ok", "core@2, 2 cases")]


def test_an_old_version_that_was_changed_fails() -> None:
    project = Project("shop", "/", evalsets={"core": "evals/core"})
    error = BadInput(Problem("v1.jsonl", "was changed."), Problem("v2.jsonl", "is not listed.", "Adopt it."))
    assert list(check_evalsets(project, Sets({"v1": "aa", "v2": "bb"}, ("v1", error)))) == [
        Check("eval set core", "fail", "v1.jsonl: was changed.", "", 65),
        Check("eval set core", "fail", "v2.jsonl: is not listed.", "Adopt it.", 65),
    ]


@dataclass(frozen=True)
class Tree:
    """A working tree in which only some patterns match."""

    commit: str | None
    matching: Mapping[str, str] = field(default_factory=dict)

    def fingerprints(self, globs: Mapping[str, str]) -> Mapping[str, str | None]:
        return {**{part: self.matching.get(glob) for part, glob in globs.items()}, "code": self.commit}


def test_a_pattern_that_matches_nothing_is_told() -> None:
    prints = {"app": {"prompt": "prompts/*.md", "index": "index.json", "build": "attribute:index.build"}}
    project = Project("shop", "/", fingerprints=prints)
    tree = Tree("1f2e3d4c5b6a", {"index.json": "aa"})
    assert list(check_revisions(project, tree)) == [
        Check("git", "ok", "commit 1f2e3d4c5b6a"),
        Check(
            "target app",
            "warn",
            "fingerprint 'prompt': no file matches 'prompts/*.md'",
            "Correct the pattern; it starts at the project file.",
        ),
    ]


@pytest.mark.parametrize(
    ("commit", "state", "found"),
    [
        ("1f2e3d4c5b6a+", "ok", "commit 1f2e3d4c5b6a, changed since"),
        (None, "warn", "no commit is known here: runs cannot say which code they tested"),
    ],
)
def test_the_commit_is_named(commit: str | None, state: str, found: str) -> None:
    (check,) = check_revisions(PROJECT, Tree(commit))
    assert (check.state, check.found) == (state, found)


@dataclass
class Leases:
    error: ForetellError | None = None
    held: list[str] = field(default_factory=list)

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        if self.error is not None:
            raise self.error
        self.held.append(name)
        return True

    async def release(self, name: str, holder: str) -> None:
        self.held.remove(name)


async def test_a_store_is_tried_and_left_as_it_was() -> None:
    leases = Leases()
    assert await check_store(leases, "me") == Check("store", "ok", "can be written")
    assert leases.held == []


@pytest.mark.parametrize(("kind", "code"), [(Unreachable, 69), (ConfigurationError, 64), (BadInput, 65)])
async def test_a_store_that_takes_no_write_fails(kind: type[ForetellError], code: int) -> None:
    error = kind(Problem("store.db", "is read-only.", "Make it writable."))
    check = Check("store", "fail", "store.db: is read-only.", "Make it writable.", code)
    assert await check_store(Leases(error), "me") == check
    assert check_unopened(error) == check


@dataclass(frozen=True)
class Starter:
    """An executor whose targets go live, but for one."""

    refused: str

    async def run(self, workload: Workload) -> AsyncIterator[TrialRecord]:
        assert list(workload.tasks) == []
        for arm in workload.arms:
            if arm.target.name == self.refused:
                raise ConfigurationError(Problem("call = 'a:b'", "no module a.", "Check path."))
        return
        yield  # an asynchronous generator that gives nothing


async def test_targets_go_live_one_by_one() -> None:
    project = Project("shop", "/", targets={**target("app"), **target("other")})
    assert await check_live(project, Starter("app")) == [
        Check("target app", "fail", "call = 'a:b': no module a.", "Check path.", 64),
        Check("target other", "ok", "can go live"),
    ]


@pytest.mark.parametrize(("codes", "expected"), [((), 0), ((69,), 69), ((64,), 64), ((69, 64), 64), ((69, 65), 65)])
def test_a_wrong_configuration_goes_first(codes: tuple[int, ...], expected: int) -> None:
    checks = [Check("a", "ok", ""), Check("b", "warn", ""), *(Check("c", "fail", "", "", code) for code in codes)]
    assert exit_code(checks) == expected
