"""A decision as Markdown for the comment of a pull request. All that came from outside is text there, never markup.

What GitHub and GitLab do after Markdown (mentions, references, bare addresses, emoji) works on the finished text, where
a backslash is gone already: a zero-width space in the middle stops it.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from foretell.core.analysis.demands import policy_lines
from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.domain.policy import Decision, RuleFinding
from foretell.core.domain.runs import Run
from foretell.core.domain.values import printable
from foretell.reports.layout import shorten, width_of
from foretell.reports.numbers import NONE
from foretell.reports.rule_text import (
    bounds,
    chance,
    cost_lines,
    how_sure,
    method_lines,
    note_lines,
    origin_lines,
    score,
    sees,
    shown,
    told_with_it,
    turning_lines,
    waived,
    word,
    worst_first,
)
from foretell.reports.verdict import MARKS, WIDTH, headline, picture

MOST_BYTES = 60_000
"""A comment may have 65,536 characters on GitHub; what is added around it needs room too."""

LONGEST_TEXT = 300
LONGEST_NAME = 60

_ZERO_WIDTH = "\u200b"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKUP = re.compile(r"[\\`*_{}\[\]~|$#]")
_REFERENCE = re.compile(r"([@#!$%~&])(?=\w)|\b(GH-)(?=\d)|\b(www)(?=\.)|(:)(?=//|[\w+-]+:)", re.IGNORECASE)
_BLOCK_START = re.compile(r"^(\d*)([-+/]|[.)](?=\s|$))")


def decision_markdown(decision: Decision, costs: Sequence[tuple[Run, CostFinding]] = ()) -> str:
    """The comment: verdict, reasons, every rule with its numbers, what changed, cost, and what was out of sight.

    It begins with a marker that no reader sees, `<!-- foretell:gate:NAME -->`, by which a bot finds the comment that it
    has to replace. It is shorter than `MOST_BYTES`: when there is too much, the least important rules and lines go.
    """
    text = ""
    for most in (60, 30, 15, 6):
        text = _comment(decision, costs, most)
        if len(text.encode()) < MOST_BYTES:
            break
    return text


def marker(gate: str) -> str:
    """The hidden line by which a gate's comment is found again."""
    return f"<!-- foretell:gate:{quote(printable(gate), safe='').replace('--', '-%2D')} -->"


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text on one line that Markdown shows as it is.

    >>> plain("<b>see</b> [me](x)")
    '&lt;b&gt;see&lt;/b&gt; \\\\[me\\\\](x)'
    """
    line = _line(text, longest)
    line = _REFERENCE.sub(lambda found: f"{found[0]}{_ZERO_WIDTH}", line)
    line = _MARKUP.sub(lambda found: f"\\{found[0]}", line.translate(_ENTITIES))
    return _BLOCK_START.sub(r"\1\\\2", line)


def _line(text: str, longest: int) -> str:
    """A text on one line of so many cells at most, and of so many characters: marks take no cell."""
    line = shorten(printable(text[: longest + 1]), longest)
    return line if len(text) <= longest or line.endswith("…") else f"{line}…"


def _comment(decision: Decision, costs: Sequence[tuple[Run, CostFinding]], most: int) -> str:
    found = chance(decision)
    demands = [f"{key}: {value}" for key, value in policy_lines(decision.policy)]
    methods = [how_sure(decision.policy), *method_lines(decision), *note_lines(decision)]
    blocks = [
        marker(decision.gate),
        f"## {plain(headline(decision))}",
        f"{score(decision)}.",
        _items("", told_with_it(decision), most),
        _items("Why", decision.reasons, most),
        _table(decision, most),
        _picture(decision, most),
        _items("What would turn it", list(turning_lines(decision)), most),
        _items("What changed since the baseline", decision.changed, most),
        _items("Cost", list(cost_lines(costs)), most),
        f"**P(ship | no change)** is {found} with this set and this discordance." if found else "",
        _items("This verdict could not have seen", decision.blind_spots, most),
        _folded("How it was computed", _items("", methods, most)),
        _folded("What the gate demands", _items("", demands, most)),
        _origin(decision, most),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _items(title: str, lines: Sequence[str], most: int) -> str:
    if not lines:
        return ""
    shown_lines = [f"- {plain(line)}" for line in lines[:most]]
    if len(lines) > most:
        shown_lines.append(f"- and {len(lines) - most} more")
    return "\n".join([*([f"**{title}**", ""] if title else []), *shown_lines])


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>" if body else ""


def _table(decision: Decision, most: int) -> str:
    rules = worst_first(decision)
    if not rules:
        return ""
    heads = ("ruling", "suite", "rule", "estimate", "bounds", "limit", "n", "sees drops of")
    sides = ("---", "---", "---", "--:", "---", "--:", "--:", "--:")
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(sides)}|"]
    spared = waived(decision)
    lines += [_row(rule, is_waived=rule.ruling != "ship" and rule.rule in spared) for rule in rules[:most]]
    if len(rules) > most:
        kinds = ", ".join(dict.fromkeys(word(rule.ruling) for rule in rules[most:]))
        lines += ["", f"and {len(rules) - most} more rules ({kinds}): see the report or the JSON."]
    return "\n".join(lines)


def _row(rule: RuleFinding, *, is_waived: bool) -> str:
    ruling = f"{MARKS[rule.ruling]} {word(rule.ruling)}{', waived' if is_waived else ''}"
    names = (plain(rule.suite, LONGEST_NAME), plain(rule.rule, LONGEST_NAME))
    numbers = (shown(rule.estimate, rule), bounds(rule), shown(rule.limit, rule), str(rule.n), sees(rule))
    return f"| {' | '.join((ruling, *names, *numbers))} |"


def _picture(decision: Decision, most: int) -> str:
    """Every rule's bounds on the one line of the limits, in characters."""
    rules = worst_first(decision)[:most]
    if not rules:
        return ""
    names = [_line(f"{rule.suite}, {rule.rule}", LONGEST_NAME) for rule in rules]
    widest = max(map(width_of, names))
    lines = [f"{'':{widest + 2}}{'breaks':>{WIDTH // 2 - 1}} │ keeps"]
    for name, rule in zip(names, rules, strict=True):
        drawn = picture(rule) if rule.estimate is not None else f"{picture(rule)} {NONE}"
        lines.append(f"{name}{' ' * (widest - width_of(name) + 2)}{drawn}")
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", "".join(names))), default=0))
    return "\n".join([f"{fence}text", *lines, fence])


def _origin(decision: Decision, most: int) -> str:
    return f"<sub>{' · '.join(plain(line) for line in list(origin_lines(decision))[: 2 * most])}</sub>"
