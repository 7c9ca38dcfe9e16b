"""Eval sets on a real disk: freezing, tampering, and everything that can be wrong with the files."""

import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from foretell.adapters.evalsets import disk
from foretell.adapters.evalsets.files import FileEvalSets
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.files.cases import hash_of
from foretell.core.errors import BadInput, ConfigurationError, ForetellError, Unreachable
from foretell.core.ports.evalsets import EvalSets, VersionLine

NOON = "2026-03-01T12:00:00Z"
A, B, C = Case("a", "one", "1"), Case("b", {"q": "zwei é"}, slices={"lang": "de"}), Case("c", "three", goal="done")


@pytest.fixture
def sets(tmp_path: Path) -> FileEvalSets:
    return FileEvalSets({"core": "evals/core", "one": "evals/one.jsonl"}, str(tmp_path), lambda: NOON)


@pytest.fixture
def core(tmp_path: Path) -> Path:
    return tmp_path / "evals" / "core"


def told(act: Callable[[], object], kind: type[ForetellError] = BadInput) -> list[str]:
    with pytest.raises(kind) as caught:
        act()
    return [str(problem) for problem in caught.value.problems]


def test_the_adapter_is_the_port(sets: FileEvalSets) -> None:
    port: EvalSets = sets
    assert port.add("core", []) == 0


def test_the_life_of_a_set(sets: FileEvalSets, core: Path) -> None:
    assert sets.versions("core") == ()
    assert sets.add("core", [A]) == 1
    assert sets.read("core") == EvalSetVersion("core", "working", hash_of([A]), (A,))
    assert sets.freeze("core") == EvalSetVersion("core", "v1", hash_of([A]), (A,))
    assert sets.add("core", [B, C]) == 3
    assert sets.freeze("core").version == "v2"

    assert sets.versions("core") == (
        VersionLine("v1", hash_of([A]), NOON, 1),
        VersionLine("v2", hash_of([A, B, C]), NOON, 3),
        VersionLine("working", hash_of([A, B, C]), None, 3),
    )
    assert sets.read("core") == sets.read("core", "2") == sets.read("core", "v2")
    assert sets.read("core", "1").cases == (A,)
    assert sets.read("core", "working").version == "working"
    assert sorted(os.listdir(core)) == ["v1.jsonl", "v2.jsonl", "versions.toml", "working.jsonl"]


def test_freezing_twice_is_refused(sets: FileEvalSets) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    assert told(lambda: sets.freeze("core")) == ["evals/core/working.jsonl: nothing changed since v1. Use core@1."]


def test_going_back_to_an_older_content_is_a_new_version(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    before = (core / "working.jsonl").read_bytes()
    sets.add("core", [B])
    sets.freeze("core")
    (core / "working.jsonl").write_bytes(before)
    assert sets.freeze("core").version == "v3"
    assert sets.read("core", "3").hash == sets.read("core", "1").hash


def test_a_frozen_file_edited_by_hand_is_refused(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A, B])
    sets.freeze("core")
    frozen = core / "v1.jsonl"
    frozen.write_text(frozen.read_text().replace("one", "uno"))
    [problem] = told(lambda: sets.read("core"))
    assert problem.startswith("evals/core/v1.jsonl: was changed after it was frozen: its 2 cases have the hash ")
    assert problem.endswith("Restore both from git; put the change into working.jsonl and freeze a new version.")
    assert sets.read("core", "working").cases == (A, B)


def test_nothing_is_frozen_on_top_of_a_version_that_was_edited(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    sets.add("core", [B])
    frozen = core / "v1.jsonl"
    frozen.write_text(frozen.read_text().replace("one", "uno"))
    before = {path.name: path.read_bytes() for path in core.iterdir()}
    [problem] = told(lambda: sets.freeze("core"))
    assert problem.startswith("evals/core/v1.jsonl: was changed after it was frozen")
    assert {path.name: path.read_bytes() for path in core.iterdir()} == before


def test_a_frozen_file_that_was_broken_by_hand_says_so(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    with (core / "v1.jsonl").open("a") as frozen:
        frozen.write("{}\n")
    problem = (
        "evals/core/v1.jsonl:2: was changed after it was frozen: 'id' is missing. "
        "Restore both from git; put the change into working.jsonl and freeze a new version."
    )
    assert told(lambda: sets.read("core")) == [problem]


def test_line_ends_and_spaces_are_not_content(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A, B])
    sets.freeze("core")
    frozen = core / "v1.jsonl"
    frozen.write_bytes(b"\xef\xbb\xbf" + frozen.read_bytes().replace(b"\n", b"\r\n\r\n").replace(b'": ', b'" :  '))
    assert sets.read("core").cases == (A, B)


def test_versions_toml_that_lies_about_the_number_of_cases_is_refused(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    listed = core / "versions.toml"
    listed.write_text(listed.read_text().replace("cases = 1", "cases = 2"))
    assert "its 1 cases" in told(lambda: sets.read("core"))[0]


def test_a_frozen_file_that_nobody_listed_is_refused_until_adopted(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    (core / "v2.jsonl").write_text('{"id": "a", "input": "one"}\n')
    (core / "v3.jsonl").write_text('{"id": "b", "input": "two"}\n')
    refused = [
        f"evals/core/v{n}.jsonl: is not known to versions.toml. "
        "Take it in with 'foretell evalset freeze core --adopt', or remove it."
        for n in (2, 3)
    ]
    for act in (lambda: sets.read("core", "1"), lambda: sets.versions("core"), lambda: sets.freeze("core")):
        assert told(act) == refused
    assert sets.freeze("core", is_adopting=True) == EvalSetVersion(
        "core", "v3", hash_of([Case("b", "two")]), (Case("b", "two"),)
    )
    assert [line.version for line in sets.versions("core")] == ["v1", "v2", "v3", "working"]
    assert told(lambda: sets.freeze("core", is_adopting=True), ConfigurationError) == [
        (
            "eval set 'core': versions.toml knows every frozen file of evals/core; there is nothing to adopt. "
            "Freeze the working cases without --adopt."
        )
    ]


def test_adopting_is_refused_whole_when_one_file_is_bad(sets: FileEvalSets, core: Path) -> None:
    core.mkdir(parents=True)
    (core / "v1.jsonl").write_text('{"id": "a", "input": "one"}\n')
    (core / "v2.jsonl").write_text('{"id": "a"}\n')
    assert told(lambda: sets.freeze("core", is_adopting=True))[0].startswith(
        "evals/core/v2.jsonl:1: 'input' is missing"
    )
    assert not (core / "versions.toml").exists()


def test_adopting_over_a_gap_is_refused(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    (core / "v4.jsonl").write_text('{"id": "a", "input": "one"}\n')
    assert told(lambda: sets.freeze("core", is_adopting=True)) == [
        "evals/core: v2 is missing below v4. Restore it from git.",
        "evals/core: v3 is missing below v4. Restore it from git.",
    ]


def test_a_stop_between_the_two_writes_is_repaired_by_adopting(
    sets: FileEvalSets, core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.add("core", [A])
    with monkeypatch.context() as patch:
        patch.setattr("foretell.adapters.evalsets.folder.Folder._enlist", lambda *_: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):  # noqa: PT011 # the stop itself carries no words
            sets.freeze("core")
    assert "not known to versions.toml" in told(lambda: sets.read("core"))[0]
    assert sets.freeze("core", is_adopting=True).hash == hash_of([A])
    assert sets.read("core").version == "v1"


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        ("[v1\n", "cannot be read as TOML: "),
        ("<<<<<<< ours\n", "cannot be read as TOML: "),
        ("[v0]\n", "'v0' is not a version. Versions are v1, v2, v3, …"),
        ("[v01]\n", "'v01' is not a version."),
        ("v1 = 3\n", "'v1' is not a table. Restore [v1] from git."),
        (f'[v1]\nhash = "abc"\nfrozen_at = "{NOON}"\ncases = 1\n', "[v1] has no good 'hash': 'abc'."),
        (f'[v1]\nhash = "{"0" * 64}"\ncases = 1\n', "[v1] has no good 'frozen_at': None."),
        (f'[v1]\nhash = "{"0" * 64}"\nfrozen_at = "{NOON}"\ncases = true\n', "[v1] has no good 'cases': True."),
        (f'[v2]\nhash = "{"0" * 64}"\nfrozen_at = "{NOON}"\ncases = 1\n', "v1 is missing below v2."),
    ],
)
def test_an_unreadable_versions_toml_is_refused(sets: FileEvalSets, core: Path, listed: str, problem: str) -> None:
    sets.add("core", [A])
    (core / "versions.toml").write_text(listed)
    assert told(lambda: sets.read("core"))[0].startswith(f"evals/core/versions.toml: {problem}")


def test_a_listed_file_that_is_gone_is_told(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    (core / "v1.jsonl").unlink()
    assert told(lambda: sets.read("core", "working")) == [
        "evals/core/v1.jsonl: is named in versions.toml and not there. Restore it from git."
    ]


@pytest.mark.parametrize("name", ["v0.jsonl", "v01.jsonl", "V1.jsonl"])
def test_a_file_whose_version_nobody_could_say_is_refused(sets: FileEvalSets, core: Path, name: str) -> None:
    sets.add("core", [A])
    (core / name).write_text("")
    assert told(lambda: sets.read("core")) == [
        f"evals/core/{name}: is no version's name. Versions are v1.jsonl, v2.jsonl, …"
    ]


def test_other_files_in_the_folder_are_left_alone(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    (core / "README.md").write_text("Ours.")
    (core / "v1-notes.jsonl").write_text("{}")
    assert sets.freeze("core").version == "v1"


def test_notes_of_people_in_versions_toml_stay(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    sets.freeze("core")
    listed = core / "versions.toml"
    listed.write_text(listed.read_text() + 'note = "after the outage"\n# and a word\n')
    sets.add("core", [B])
    sets.freeze("core")
    text = listed.read_text()
    assert "# and a word" in text
    assert tomllib.loads(text) == {
        "v1": {"hash": hash_of([A]), "frozen_at": NOON, "cases": 1, "note": "after the outage"},
        "v2": {"hash": hash_of([A, B]), "frozen_at": NOON, "cases": 2},
    }


def test_ids_that_are_there_are_refused_all_at_once_and_nothing_is_written(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A, B])
    before = (core / "working.jsonl").read_bytes()
    assert told(lambda: sets.add("core", [B, C, C, A])) == [
        "evals/core/working.jsonl: case 'b' is there already. Give it another id, or change the line that is there.",
        "evals/core/working.jsonl: case 'c' is given twice. Give it another id, or change the line that is there.",
        "evals/core/working.jsonl: case 'a' is there already. Give it another id, or change the line that is there.",
    ]
    assert (core / "working.jsonl").read_bytes() == before


def test_what_could_not_be_read_again_is_never_written(sets: FileEvalSets) -> None:
    assert told(lambda: sets.add("core", [Case("a", float("nan"))]))[0].startswith(
        "case 'a': holds a value that is not"
    )
    assert told(lambda: sets.add("core", [Case("a", None)]))[0].startswith(
        "evals/core/working.jsonl:1: 'input' is null"
    )
    assert sets.versions("core") == ()


def test_lines_written_by_people_stay_as_they_are(sets: FileEvalSets, core: Path) -> None:
    core.mkdir(parents=True)
    (core / "working.jsonl").write_bytes(b'{"input":"one","id":"a" }\r\n\n{"id":"b","input":2}')
    assert sets.add("core", [C]) == 3
    assert (core / "working.jsonl").read_bytes() == (
        b'{"input":"one","id":"a" }\r\n\n{"id":"b","input":2}\n{"id": "c", "input": "three", "goal": "done"}\n'
    )


def test_all_bad_lines_are_told_at_once(sets: FileEvalSets, core: Path) -> None:
    core.mkdir(parents=True)
    (core / "working.jsonl").write_text('{"id": "a", "input": "x"}\n' + "{}\n" * 15)
    problems = told(lambda: sets.read("core"))
    assert problems[0] == "evals/core/working.jsonl:2: 'id' is missing. It is required."
    assert (len(problems), problems[-1]) == (
        21,
        "and 10 more problems. Repair these first, then try again.",
    )


def test_a_single_file_is_its_own_version(sets: FileEvalSets, tmp_path: Path) -> None:
    assert sets.versions("one") == ()
    assert sets.add("one", [A]) == 1
    label = f"sha-{hash_of([A])[:12]}"
    assert sets.read("one") == sets.read("one", label) == EvalSetVersion("one", label, hash_of([A]), (A,))
    assert sets.versions("one") == (VersionLine(label, hash_of([A]), None, 1),)
    assert (tmp_path / "evals" / "one.jsonl").is_file()
    sets.add("one", [B])
    assert told(lambda: sets.read("one", label), ConfigurationError) == [
        (
            f"eval set 'one': version '{label}' is not there; the file is sha-{hash_of([A, B])[:12]} now. "
            "Take the content that you want from git."
        )
    ]
    assert told(lambda: sets.freeze("one"), ConfigurationError) == [
        (
            "eval set 'one': evals/one.jsonl is one file, whose version is its hash; it cannot be frozen. "
            "For numbered versions make it a folder, with the file in it as working.jsonl."
        )
    ]


def test_what_is_not_there_is_told_with_what_is(sets: FileEvalSets, core: Path) -> None:
    assert told(lambda: sets.read("cor"), ConfigurationError) == [
        "[evalsets]: eval set 'cor' is not known. Did you mean 'core'?"
    ]
    assert told(lambda: sets.read("core"), ConfigurationError) == [
        "eval set 'core': evals/core is not there. Fill it with 'foretell evalset import core FILE'."
    ]
    core.mkdir(parents=True)
    assert told(lambda: sets.read("core"), ConfigurationError) == [
        "eval set 'core': evals/core/working.jsonl is not there. Fill it with 'foretell evalset import core FILE'."
    ]
    sets.add("core", [A])
    sets.freeze("core")
    for version in ("2", "v0", "newest", ""):
        assert told(lambda version=version: sets.read("core", version), ConfigurationError) == [
            f"eval set 'core': version '{version}' is not there. Known: v1, working."
        ]


def test_a_path_to_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("id,input\n")
    sets = FileEvalSets({"core": "cases.csv"}, str(tmp_path))
    assert told(lambda: sets.read("core"), ConfigurationError) == [
        (
            "eval set 'core': cases.csv is neither a folder nor a .jsonl file. "
            "Import it: foretell evalset import core FILE."
        )
    ]


def test_an_empty_file_is_told(sets: FileEvalSets, core: Path) -> None:
    core.mkdir(parents=True)
    (core / "working.jsonl").write_text("\n \n")
    assert told(lambda: sets.freeze("core"))[0].startswith("evals/core/working.jsonl: holds no cases.")
    assert sets.add("core", [A]) == 1


def test_the_clock_of_the_machine_gives_a_time_that_can_be_read_again(tmp_path: Path) -> None:
    sets = FileEvalSets({"core": "core"}, str(tmp_path))
    sets.add("core", [A])
    sets.freeze("core")
    assert sets.versions("core")[0].frozen_at is not None


def test_rights_of_a_file_survive_and_new_files_are_not_private(sets: FileEvalSets, core: Path) -> None:
    sets.add("core", [A])
    working = core / "working.jsonl"
    os.umask(mask := os.umask(0))
    assert stat.S_IMODE(working.stat().st_mode) == 0o666 & ~mask
    working.chmod(0o640)
    sets.add("core", [B])
    assert stat.S_IMODE(working.stat().st_mode) == 0o640


def test_a_symbolic_link_stays_one(sets: FileEvalSets, core: Path, tmp_path: Path) -> None:
    core.mkdir(parents=True)
    (tmp_path / "elsewhere.jsonl").write_text("")
    (core / "working.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    sets.add("core", [A])
    assert (core / "working.jsonl").is_symlink()
    assert sets.read("core").cases == (A,)


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(
    sets: FileEvalSets, core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.add("core", [A])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    assert told(lambda: sets.add("core", [B]), Unreachable) == [
        (
            "evals/core/working.jsonl: cannot be written: No space left on device. "
            "Check the rights and the space on the disk."
        )
    ]
    assert os.listdir(core) == ["working.jsonl"]
    assert sets.read("core").cases == (A,)


def test_a_folder_where_a_file_should_be_is_told(sets: FileEvalSets, core: Path) -> None:
    (core / "working.jsonl").mkdir(parents=True)
    assert told(lambda: sets.read("core")) == [
        "evals/core/working.jsonl: cannot be read: Is a directory. Check the path and its rights."
    ]
