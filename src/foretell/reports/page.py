"""A decision as one HTML file that needs nothing else: no script, no address, styles and drawings inside.

Everything that came from outside is escaped, and the page's own content security policy allows one thing only: the one
style sheet, by its hash.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

from foretell.core.analysis.demands import policy_lines
from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.domain.policy import Decision, RuleFinding, Ruling
from foretell.core.domain.runs import Run
from foretell.core.domain.values import printable
from foretell.reports.document import document
from foretell.reports.numbers import NONE, money
from foretell.reports.rule_text import (
    bounds,
    chance,
    how_sure,
    method_lines,
    origin_lines,
    score,
    sees,
    shown,
    told_with_it,
    total_cost,
    waived,
    word,
    worst_first,
)
from foretell.reports.svg import BRAND, SPRITE, rule_svg

_CLASSES: dict[Ruling, str] = {"ship": "ship", "hold": "hold", "not-enough-evidence": "nee"}
_GLUED = re.compile(r"(?<=\d) (?=%)|(?<=\bn) (?==)|(?<=\bn =) (?=\d)")
_HEADS = """<tr><th scope="col">Rule</th><th scope="col" class="plot"><span><i>breaks</i><i>keeps</i></span></th>
<th scope="col" class="r">Estimate</th><th scope="col">Bounds</th><th scope="col" class="r">Limit</th>
<th scope="col" class="r">n</th><th scope="col" class="r see">Sees drops of</th><th scope="col">Ruling</th></tr>"""


def decision_page(
    decision: Decision, style: str, project: str = "", costs: Sequence[tuple[Run, CostFinding]] = ()
) -> str:
    """The whole page. `style` is the style sheet beside this module, read by the caller."""
    title = " · ".join(filter(None, (word(decision.ruling), f"gate {decision.gate}", project)))
    parts = [
        _head(decision, project),
        _answer(decision, costs),
        _decision(decision),
        _around(decision),
        _basis(decision),
    ]
    return document(title, style, f"{SPRITE}\n<main>\n{chr(10).join(filter(None, parts))}\n</main>")


def _text(text: str) -> str:
    """Text from anywhere as text of the page; a number keeps its unit, and n its value, on one line."""
    return escape(_GLUED.sub("\u00a0", printable(text)))


def _items(lines: Iterable[str], kind: str) -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{_text(line)}</li>" for line in lines)}</ul>'


def _verdict(ruling: Ruling, size: str = "") -> str:
    name = _CLASSES[ruling]
    return f'<span class="v {name}{size}"><svg aria-hidden="true"><use href="#v-{name}"/></svg>{word(ruling)}</span>'


def _head(decision: Decision, project: str) -> str:
    meta = "".join(f"<span>{_text(fact)}</span>" for fact in origin_lines(decision))
    brand = f'<p class="brand">{BRAND}<span>{_text(" · ".join(filter(None, ("foretell", project))))}</span></p>'
    return f'{brand}\n<h1>Gate {_text(decision.gate)}</h1>\n<p class="meta">{meta}</p>'


def _answer(decision: Decision, costs: Sequence[tuple[Run, CostFinding]]) -> str:
    """The verdict with its reasons, and two facts beside it: what the gate could do, and what the system costs."""
    spared = "waived, so it does not block; " if decision.is_waived else ""
    verdict = f"<p>{_verdict(decision.ruling, ' big')}</p>\n<p><small>{_text(spared + score(decision))}</small></p>"
    reasons = _items(decision.reasons, "reasons") if decision.reasons else ""
    beside = told_with_it(decision)
    reasons += _items(beside, "beside") if beside else ""
    money_cells = "".join(_cost(run, found) for run, found in costs) or _unknown("No suite was priced.")
    return f"""<div class="answer">
<div>{verdict}{reasons}</div>
<div><h3>P(ship | no change)</h3>{_chance(decision)}</div>
<div><h3>Cost per success</h3>{money_cells}</div>
</div>"""


def _unknown(why: str) -> str:
    return f'<p class="fact">{NONE}</p><small>{_text(why)}</small>'


def _chance(decision: Decision) -> str:
    found = chance(decision)
    if found is None:
        return _unknown("Nothing was compared with a baseline.")
    why = "How often this gate would ship a system that did not change, with this set and this discordance."
    return f'<p class="fact"><b>{_text(found)}</b></p><small>{why}</small>'


def _cost(run: Run, found: CostFinding) -> str:
    total = total_cost(run, found)
    if found.per_success.value is None:
        return _unknown("; ".join(filter(None, (f"{run.suite}: {found.per_success.method}", total))))
    value, about = money(found.per_success.value, run.currency), "; ".join(filter(None, (run.suite, total)))
    numbers = f"{_money_range(found, run.currency)} n = {found.per_success.n}"
    return f'<p class="fact"><b>{_text(value)}</b></p><small>{_text(numbers)}</small><small>{_text(about)}</small>'


def _money_range(found: CostFinding, currency: str) -> str:
    low, high = found.per_success.low, found.per_success.high
    return f"[{money(low, currency)}, {'∞' if high is None else money(high, currency)}]"


def _decision(decision: Decision) -> str:
    if not decision.rules:
        return _section("Decision", "<p>No rule was measured.</p>")
    rows = "\n".join(_row(rule, is_waived=rule.rule in waived(decision)) for rule in worst_first(decision))
    caption = _text(
        "Right of the line keeps the limit, left breaks it, across it is not enough evidence. "
        "Each row has its own scale. Thin tick: no change. "
        f"{how_sure(decision.policy)}"
    )
    table = f'<table class="rules">\n<thead>{_HEADS}</thead>\n<tbody>\n{rows}\n</tbody></table>'
    return _section("Decision", f'<p class="cap">{caption}</p>\n{table}')


def _row(rule: RuleFinding, *, is_waived: bool) -> str:
    spared = '<span class="sub">waived</span>' if is_waived and rule.ruling != "ship" else ""
    notes = "".join(
        f'<span class="sub">{_text(note)}</span>' for note in (rule.suite, rule.note, rule.turned_by) if note
    )
    seen = sees(rule)
    kind, label = ("", ' data-l="sees drops of"') if seen != NONE else (" none", "")
    cells = [
        f'<th scope="row">{_text(rule.rule)}{notes}</th>',
        f'<td class="plot">{rule_svg(rule)}</td>',
        f'<td class="r val"><b>{_text(shown(rule.estimate, rule))}</b></td>',
        f'<td class="ci">{_text(bounds(rule))}</td>',
        f'<td class="r lim" data-l="limit">{_text(shown(rule.limit, rule))}</td>',
        f'<td class="r n" data-l="n =">{rule.n}</td>',
        f'<td class="r n see{kind}"{label}>{_text(seen)}</td>',
        f'<td class="verdict">{_verdict(rule.ruling)}{spared}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _around(decision: Decision) -> str:
    changed = _items(decision.changed, "list") if decision.changed else "<p>No declared part differs.</p>"
    if not decision.baseline_runs and not decision.changed:
        changed = "<p>There was no baseline to compare with.</p>"
    blind = _items(decision.blind_spots, "list") if decision.blind_spots else "<p>Nothing was listed.</p>"
    left = _section("What changed since the baseline", changed)
    return f'<div class="grid">{left}{_section("This verdict could not have seen", blind)}</div>'


def _basis(decision: Decision) -> str:
    policy = "".join(f"<dt>{_text(key)}</dt><dd>{_text(value)}</dd>" for key, value in policy_lines(decision.policy))
    methods = _items(method_lines(decision), "list") if decision.rules else ""
    left = _section("What the gate demands", f'<dl class="pairs">{policy}</dl>')
    return f'<div class="grid">{left}{_section("How it was computed", methods or "<p>No rule was measured.</p>")}</div>'


def _section(title: str, body: str) -> str:
    return f'<section class="sec"><h2>{title}</h2>\n{body}</section>'
