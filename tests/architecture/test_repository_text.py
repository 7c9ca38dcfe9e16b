"""What must not stand in a committed file, and links that must lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, repository_files

# Put together here, so that this file does not contain what it forbids. Where packages come from is the business of
# whoever installs: an address in a file sends everybody to one registry.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("repo", "maven", "apache", "org"),
    ]
)
MACHINE_PATH = re.compile(r"(?<![\w./:-])/(?:root|work|opt|home|Users)/[\w.][^\s'\")]*")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
CODE_FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)


def read(path: Path) -> str:
    """The text of a file; bytes that are no text (pictures, archives) hold nothing to find."""
    return (ROOT / path).read_bytes().decode("utf-8", errors="ignore")


def registry_hosts(text: str) -> list[str]:
    return [host for host in REGISTRY_HOSTS if host in text]


def machine_paths(text: str) -> list[str]:
    return MACHINE_PATH.findall(text)


def dead_links(path: Path, text: str, root: Path) -> list[str]:
    """Relative links of a Markdown file that lead to no file or folder of the repository."""
    targets = [first or second for first, second in LINK.findall(CODE_FENCE.sub("", text))]
    files = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:", target)]
    return [target for target in files if target and not (root / path.parent / target).exists()]


def test_no_file_names_a_registry() -> None:
    assert {str(path): found for path in repository_files() if (found := registry_hosts(read(path)))} == {}


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert {str(path): found for path in repository_files() if (found := machine_paths(read(path)))} == {}


def test_links_between_documents_lead_somewhere() -> None:
    documents = [path for path in repository_files() if path.suffix == ".md"]
    assert {str(path): dead for path in documents if (dead := dead_links(path, read(path), ROOT))} == {}


def test_a_registry_is_caught() -> None:
    host = "files." + REGISTRY_HOSTS[1]
    assert registry_hosts(f"see https://{host}/simple") == [REGISTRY_HOSTS[1]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see /" + "home/ann/project", ["/" + "home/ann/project"]),
        ("'/" + "root/.cache'", ["/" + "root/.cache"]),
        ("GET /api/work/1", []),
        ("https://example.org/" + "home/page", []),
        ("/usr/bin/env", []),
    ],
)
def test_a_machine_path_is_caught(text: str, found: list[str]) -> None:
    assert machine_paths(text) == found


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "there.md").touch()
    text = (
        "[a](there.md#part) [b](gone.md) ![c](../gone.png) [d](#here) [e](https://example.org)\n```\n[f](code.md)\n```"
    )
    assert dead_links(Path("docs/page.md"), text, tmp_path) == ["gone.md", "../gone.png"]
