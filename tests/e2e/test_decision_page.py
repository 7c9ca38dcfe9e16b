"""The page of a decision in a real browser: it fits, it is readable in both themes, and it asks for nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import foretell
from foretell.reports.page import decision_page
from tests.unit.reports.decisions import DECISIONS, EVIL, HELD, cost, hostile, run

play = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")

CHROMIUM = shutil.which("chromium")
STYLE = (Path(foretell.__file__).parent / "reports" / "assets" / "decision.css").read_text("utf-8")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
DECIDED = {**DECISIONS, "hostile": hostile(5)}
WIDTHS = (1440, 970, 961, 960, 390, 320)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine (apt-get install chromium)"),
]

# How far each text's colour stands off the page, as WCAG counts it; the lowest, with its text.
CONTRAST = """() => {
  const channel = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
  const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b) };
  const page = light(getComputedStyle(document.documentElement).backgroundColor);
  const texts = [...document.querySelectorAll("main *")].filter((e) =>
    [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()));
  return Math.min(...texts.map((e) => { const style = getComputedStyle(e);
    const own = light(e.tagName === "text" ? style.fill : style.color);
    return (Math.max(own, page) + 0.05) / (Math.min(own, page) + 0.05) }));
}"""
DRAWN = """() => [...document.querySelectorAll("td.plot")].map((cell) => {
  const svg = [...cell.querySelectorAll("svg")].filter((one) => one.getBoundingClientRect().width > 0);
  const box = svg[0].getBoundingClientRect();
  return [svg.length, svg[0].getAttribute("class"), Math.round(box.left - cell.getBoundingClientRect().left)];
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with play.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(params=["light", "dark"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty page in a theme; whatever it asks for or complains about is a failure."""
    context = browser.new_context(color_scheme=request.param)
    opened = context.new_page()
    found: list[str] = []
    opened.on("request", lambda asked: found.append(asked.url))
    opened.on("console", lambda said: found.append(said.text))
    opened.on("dialog", lambda dialog: found.append(dialog.message))
    yield opened
    context.close()
    assert [one for one in found if one != "about:blank"] == []


def show(page: Any, name: str) -> None:
    page.set_content(decision_page(DECIDED[name], STYLE, EVIL if name == "hostile" else "acme", [(run(), cost())]))


@pytest.mark.parametrize("name", DECIDED)
def test_nothing_is_cut_off_at_any_width(page: Any, name: str) -> None:
    show(page, name)
    wider: list[int] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wider += [width] if page.evaluate("document.documentElement.scrollWidth") > width else []
    assert wider == []


def test_every_text_can_be_read(page: Any) -> None:
    show(page, "hold")
    assert page.evaluate(CONTRAST) >= 4.5


@pytest.mark.parametrize(("width", "kind"), [(1440, "wide"), (390, "narrow")])
def test_each_rule_shows_one_drawing_on_the_line_of_the_limits(page: Any, width: int, kind: str) -> None:
    show(page, "hold")
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate(DRAWN) == [[1, kind, 0]] * len(HELD.rules)


def test_the_verdict_is_in_sight_at_once_on_a_phone(page: Any) -> None:
    show(page, "hold")
    page.set_viewport_size({"width": 390, "height": 700})
    box = page.locator(".v.big").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 350
