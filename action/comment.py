"""Writes a gate's report to the pull request: one comment for each gate, which every run replaces.

Standard library only. Reads the environment of a GitHub job and FORETELL_GATE, FORETELL_REPORT, FORETELL_RULING,
FORETELL_TOKEN. Ends 0 whatever GitHub answers: a token that may not write, as on a fork, changes no verdict.
What GitHub cannot answer for the moment is asked again.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = 100
PAGES = 100
SECONDS = 20
LONGEST = 65_000
"""Characters of a report; GitHub refuses a body of more than 65 536."""
PAUSES = (0.5, 2.0)
"""Seconds before it is tried once more."""
PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be others the next moment."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token is meant for one host."""

    def redirect_request(self, *_: Any) -> None:
        """None, which makes the redirect an error."""
        return


@dataclass(frozen=True)
class PullRequest:
    """The comments of one pull request."""

    api: str
    repository: str
    number: int
    token: str

    def write(self, marker: str, body: str) -> str:
        """Replace the comment that begins with the marker, or write the first one; says which of them it did.

        A try begins with the look at what is there: the one before may have written, and only its answer was lost.
        """
        for pause in PAUSES:
            try:
                return self._write(marker, body)
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError):
                    error.close()
                    if error.code not in PASSING:
                        raise
                time.sleep(pause)
        return self._write(marker, body)

    def _write(self, marker: str, body: str) -> str:
        issues = f"{self.api}/repos/{self.repository}/issues"
        found = next((one for one in self._comments() if _is_ours(one, marker)), None)
        if found is None:
            self._ask("POST", f"{issues}/{self.number}/comments", {"body": body})
            return "created"
        self._ask("PATCH", f"{issues}/comments/{int(found['id'])}", {"body": body})
        return "updated"

    def _comments(self) -> Iterator[dict[str, Any]]:
        for page in range(1, PAGES + 1):
            query = urllib.parse.urlencode({"per_page": PAGE, "page": page})
            found = self._ask("GET", f"{self.api}/repos/{self.repository}/issues/{self.number}/comments?{query}")
            yield from found
            if len(found) < PAGE:
                return

    def _ask(self, method: str, url: str, body: dict[str, str] | None = None) -> Any:
        if not url.startswith(("https://", "http://")):
            raise ValueError("GITHUB_API_URL is not an http address")
        request = urllib.request.Request(  # noqa: S310 # the scheme was looked at above
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "foretell",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urllib.request.build_opener(NoRedirect).open(request, timeout=SECONDS) as reply:
            return json.load(reply)


def _is_ours(comment: dict[str, Any], marker: str) -> bool:
    """Begins with the marker and was written by a bot: what a person writes is never replaced."""
    author = comment.get("user") or {}
    return author.get("type") == "Bot" and str(comment.get("body") or "").startswith(marker)


def body_of(gate: str, ruling: str, report: Path, link: str = "") -> str:
    """The comment's text: the marker, then the report, or one line when there is none, then the link."""
    try:
        text = report.read_text(encoding="utf-8")
    except OSError:
        text = f"foretell gate `{gate}` decided nothing ({ruling}); the log of the job says why."
    marker = marker_of(gate)
    text = text.removeprefix(marker).lstrip("\n")
    if len(text) > LONGEST:
        text = f"{text[:LONGEST].rpartition(chr(10))[0]}\n\nThe rest is in the summary of the job."
    return f"{marker}\n{text}{link}"


def marker_of(gate: str) -> str:
    """What a gate's comment begins with; invisible on the page."""
    name = gate.replace("--", "-%2D")  # two dashes would end the comment
    return f"<!-- foretell:gate:{name} -->"


def link_of(environment: Mapping[str, str]) -> str:
    """A line with a link to the attempt of the job that decided; nothing where no job is known."""
    run = environment.get("GITHUB_RUN_ID")
    if not run:
        return ""
    address = f"{environment.get('GITHUB_SERVER_URL', 'https://github.com')}/{environment['GITHUB_REPOSITORY']}"
    attempt = environment.get("GITHUB_RUN_ATTEMPT", "1")
    return f"\n[Log, summary and artifacts]({address}/actions/runs/{run}/attempts/{attempt})\n"


def number_of(event: Path) -> int | None:
    """The number of the pull request that the job runs for, None when it runs for something else."""
    try:
        given = json.loads(event.read_text(encoding="utf-8"))
        return int(given["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def main() -> str:
    """Write the comment, and say what became of it."""
    number = number_of(Path(os.environ.get("GITHUB_EVENT_PATH", "")))
    token = os.environ.get("FORETELL_TOKEN", "")
    if number is None:
        return "This job runs for no pull request: no comment."
    if not token:
        return "::warning::foretell has no token, and wrote no comment."
    gate = os.environ["FORETELL_GATE"]
    ruling, report = os.environ.get("FORETELL_RULING") or "error", Path(os.environ.get("FORETELL_REPORT", ""))
    body = body_of(gate, ruling, report, link_of(os.environ))
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    pull = PullRequest(api, os.environ["GITHUB_REPOSITORY"], number, token)
    try:
        return f"The comment was {pull.write(marker_of(gate), body)}."
    except urllib.error.HTTPError as error:
        error.close()
        hint = " The job needs 'permissions: pull-requests: write'; forks do not get it." if error.code == 403 else ""
        return f"::warning::foretell wrote no comment: GitHub answered {error.code}.{hint}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"::warning::foretell wrote no comment: {type(error).__name__}."


if __name__ == "__main__":
    sys.stdout.write(f"{main()}\n")
