"""Drawings as SVG. Class names only: one drawing serves light, dark and a strict content security policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from foretell.core.analysis.runs.steps import CurvePoint
from foretell.core.domain.policy import COST, RuleFinding
from foretell.core.domain.values import printable
from foretell.reports.rule_text import finding

LIMIT_AT = 0.4
"""Where every rule's limit stands, as a share of the width: the page draws its line there."""

WIDE, PHONE = (248, 20), (358, 24)
_MARGIN = 9
_INK = 'fill="none" stroke="currentColor" stroke-width="1.6"'

SPRITE = f"""<svg class="sprite" width="0" height="0" aria-hidden="true"><defs>
<symbol id="v-ship" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5" fill="currentColor"/>
<path class="knock" d="M4.6 8.3l2.4 2.4 4.4-5"/></symbol>
<symbol id="v-hold" viewBox="0 0 16 16"><rect x=".5" y=".5" width="15" height="15" rx="2" fill="currentColor"/>
<path class="knock" d="M4 8h8"/></symbol>
<symbol id="v-nee" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.9" {_INK} stroke-dasharray="2.6 1.74"/>
<circle cx="8" cy="8" r="1.6" fill="currentColor"/></symbol>
</defs></svg>"""
"""The three verdicts as symbols: a disc ships, a square holds, a dashed ring has not enough evidence."""

BRAND = f"""<svg viewBox="0 0 22 14" aria-hidden="true"><path d="M1 7h20M1 2v10M21 2v10" {_INK}/>
<circle cx="9" cy="7" r="3.6" fill="currentColor"/></svg>"""
_TONES = {"ship": "good", "hold": "bad", "not-enough-evidence": "warn"}


@dataclass(frozen=True, slots=True)
class Canvas:
    """One size of a drawing, and the class by which the page shows or hides it."""

    width: int
    height: int
    role: str

    @property
    def middle(self) -> float:
        """The height of the only row."""
        return self.height / 2


def rule_svg(rule: RuleFinding) -> str:
    """A rule's bounds against its limit, drawn for a wide page and for a phone: right of the limit keeps, left breaks.

    Each rule has its own scale, because rates, differences and ratios share no axis; only the limit is shared. Where
    the rule compares, a thin tick stands where nothing would have changed.
    """
    return _draw(rule, Canvas(*WIDE, "wide")) + _draw(rule, Canvas(*PHONE, "narrow"))


def _draw(rule: RuleFinding, canvas: Canvas) -> str:
    width, height = canvas.width, canvas.height
    head = f'<svg class="{canvas.role}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"'
    label = escape(printable(finding(rule)))
    return f'{head} aria-label="{label}">{_marks(rule, canvas)}</svg>'


def _marks(rule: RuleFinding, canvas: Canvas) -> str:
    y = canvas.middle
    low, high = rule.low, rule.high
    if rule.estimate is None or (low is None and high is None):
        x = _number(canvas.width * LIMIT_AT + _MARGIN)
        return f'<text x="{x}" y="{_number(y + 4)}">not measured</text>'
    place = _scale(rule, canvas)
    unchanged = _unchanged(rule)
    tick = ""
    if unchanged is not None:
        x = _number(place(unchanged))
        tick = f'<path class="unchanged" d="M{x} 3V{canvas.height - 3}"/>'
    return f"{tick}{_whisker(rule, place, canvas)}{_point(rule, place(rule.estimate), y)}"


def _scale(rule: RuleFinding, canvas: Canvas) -> Callable[[float], float]:
    """A rule's values → x. The limit is at `LIMIT_AT`; the side that keeps the rule is always the right one."""
    at = canvas.width * LIMIT_AT
    sign = 1 if rule.higher_is_better else -1
    known = [value for value in (rule.estimate, rule.low, rule.high, _unchanged(rule)) if value is not None]
    offsets = [sign * (value - rule.limit) for value in known]
    left, right = -min(*offsets, -1e-9), max(*offsets, 1e-9)
    stretch = min((at - _MARGIN) / left, (canvas.width - at - _MARGIN) / right)
    return lambda value: at + sign * (value - rule.limit) * stretch


def _unchanged(rule: RuleFinding) -> float | None:
    """The value that a comparison has when nothing changed; None for a rule that does not compare."""
    if rule.is_comparison:
        return 0.0
    return 1.0 if rule.rule == COST else None


def _whisker(rule: RuleFinding, place: Callable[[float], float], canvas: Canvas) -> str:
    """The bounds with a cap on each; an unbounded end runs to the edge and has none."""
    y = _number(canvas.middle)
    lower, upper = (rule.low, rule.high) if rule.higher_is_better else (rule.high, rule.low)
    left = 0.0 if lower is None else place(lower)
    right = float(canvas.width) if upper is None else place(upper)
    caps = "".join(
        f"M{_number(x)} {_number(canvas.middle - 3)}v6"
        for x, value in ((left, lower), (right, upper))
        if value is not None
    )
    return f'<path class="bounds s-{_TONES[rule.ruling]}" d="M{_number(left)} {y}H{_number(right)}{caps}"/>'


def _point(rule: RuleFinding, x: float, y: float) -> str:
    """The estimate: a disc ships, a square holds, a ring has not enough evidence."""
    tone = _TONES[rule.ruling]
    if rule.ruling == "hold":
        return f'<rect class="f-{tone}" x="{_number(x - 4)}" y="{_number(y - 4)}" width="8" height="8"/>'
    look = f"f-{tone}" if rule.ruling == "ship" else f"ring s-{tone}"
    return f'<circle class="{look}" cx="{_number(x)}" cy="{_number(y)}" r="4"/>'


def curve_svg(points: Sequence[CurvePoint], label: str) -> str:
    """Success against the number of steps, with its band: 0 to 100 % upwards, one to the last step to the right."""
    width, height, left, foot = 640, 220, 44, 24
    longest = max(point.steps for point in points)

    def place(steps: int, share: float) -> str:
        x = left + (steps - 1) / max(longest - 1, 1) * (width - left - _MARGIN)
        return f"{_number(x)} {_number(_MARGIN + (1 - share) * (height - foot - _MARGIN))}"

    band = [place(one.steps, one.high) for one in points] + [place(one.steps, one.low) for one in reversed(points)]
    grid = "".join(
        f'<path class="grid-line" d="M{place(1, share)}L{place(longest, share)}"/>'
        f'<text x="0" y="{_number(_MARGIN + (1 - share) * (height - foot - _MARGIN) + 4)}">{share * 100:.0f} %</text>'
        for share in (0.0, 0.5, 1.0)
    )
    feet = "".join(
        f'<text class="mid" x="{place(steps, 0).split()[0]}" y="{height - 6}">{steps}</text>'
        for steps in (1, *range(10, longest + 1, 10))
    )
    line = "L".join(place(one.steps, one.value) for one in points)
    return (
        f'<svg class="curve" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(printable(label))}">{grid}<path class="band" d="M{"L".join(band)}Z"/>'
        f'<path class="line" d="M{line}"/>{feet}</svg>'
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
