"""The one small grammar of `success` and `when`: parsed, never evaluated as code.

    expression = term { "or" term }          term = factor { "and" factor }
    factor     = "not" factor | "(" expression ")" | NAME [ OP LITERAL ]
    OP         = "==" "!=" ">=" "<=" ">" "<"    LITERAL = number | 'text' | "text" | true | false

Values are three-valued in Kleene's sense, with one addition: a term that does not apply drops out.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from foretell.core.domain.scores import NotApplicable, Score, ScoreResult

Truth: TypeAlias = Literal["true", "false", "unknown", "dropped"]

_TOKEN = re.compile(
    r"\s*(?:(?P<op>==|!=|>=|<=|>|<)|(?P<paren>[()])|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<name>[A-Za-z_][\w:-]*))"
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Term:
    """A score compared with a literal; a bare name stands for `name == true`."""

    name: str
    op: str
    literal: bool | float | str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class Joined:
    """Two or more parts under one `and` or `or`."""

    op: Literal["and", "or"]
    parts: tuple["Expression", ...]


Expression: TypeAlias = Term | Not | Joined


class GrammarError(ValueError):
    """The text is not an expression; the message says where."""


def parse(text: str) -> Expression:
    """Read an expression.

    >>> parse("a and not b >= 0.5")
    Joined(op='and', parts=(Term(name='a', op='==', literal=True), Not(part=Term(name='b', op='>=', literal=0.5))))

    Raises:
        GrammarError: with the position and what was expected there.
    """
    reader = _Reader(text)
    expression = reader.expression()
    if reader.kind:
        raise reader.surprise("'and', 'or' or the end")
    return expression


def names_in(expression: Expression) -> frozenset[str]:
    """The score names that an expression refers to."""
    if isinstance(expression, Term):
        return frozenset({expression.name})
    if isinstance(expression, Not):
        return names_in(expression.part)
    return frozenset(name for part in expression.parts for name in names_in(part))


def evaluate(expression: Expression, scores: Mapping[str, ScoreResult]) -> Truth:
    """The truth of an expression over one trial's scores. A missing score counts as a failed one.

    >>> evaluate(parse("a or b"), {"a": Score(True), "b": ScoreFailure("timed out")})
    'true'
    >>> evaluate(parse("a and b"), {"a": Score(True), "b": NotApplicable("no figures")})
    'true'
    """
    if isinstance(expression, Term):
        return _truth_of_term(expression, scores.get(expression.name))
    if isinstance(expression, Not):
        inner = evaluate(expression.part, scores)
        return {"true": "false", "false": "true"}.get(inner, inner)  # type: ignore[return-value] # a Truth either way
    return _join(expression.op, [evaluate(part, scores) for part in expression.parts])


def _join(op: Literal["and", "or"], truths: list[Truth]) -> Truth:
    kept = [truth for truth in truths if truth != "dropped"]
    if not kept:
        return "dropped"
    decisive: Truth = "false" if op == "and" else "true"
    if decisive in kept:
        return decisive
    if "unknown" in kept:
        return "unknown"
    return "true" if op == "and" else "false"


def _truth_of_term(term: Term, result: ScoreResult | None) -> Truth:
    if isinstance(result, NotApplicable):
        return "dropped"
    if not isinstance(result, Score):
        return "unknown"
    value = result.value
    if term.op in ("==", "!="):
        return "true" if _OPERATORS[term.op](value, term.literal) else "false"
    if isinstance(value, str) or isinstance(term.literal, str):
        return "unknown"
    return "true" if _OPERATORS[term.op](value, term.literal) else "false"


class _Reader:
    """A recursive-descent reader with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.kind = self.lexeme = ""
        self.advance()

    def advance(self) -> None:
        """Move to the next token; `kind` is empty at the end."""
        rest = self.text[self.position :]
        if not rest.strip():
            self.kind, self.lexeme = "", ""
            return
        match = _TOKEN.match(rest)
        if match is None or match.lastgroup is None:
            raise GrammarError(f"cannot read {rest.strip()[:12]!r} at position {self.position + 1}")
        self.kind, self.lexeme = match.lastgroup, match[match.lastgroup]
        self.position += match.end()

    def surprise(self, expected: str) -> GrammarError:
        """The error for the present token."""
        found = f"{self.lexeme!r}" if self.kind else "the end"
        return GrammarError(f"expected {expected} but found {found} near position {self.position}")

    def expression(self) -> Expression:
        return self._chain("or", self.term)

    def term(self) -> Expression:
        return self._chain("and", self.factor)

    def _chain(self, word: Literal["and", "or"], part: Callable[[], Expression]) -> Expression:
        parts = [part()]
        while self.kind == "name" and self.lexeme == word:
            self.advance()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def factor(self) -> Expression:
        if self.lexeme == "(":
            return self._group()
        if self.kind != "name" or self.lexeme in ("and", "or"):
            raise self.surprise("a score's name, 'not' or '('")
        name = self.lexeme
        self.advance()
        if name == "not":
            return Not(self.factor())
        return self._comparison(name)

    def _group(self) -> Expression:
        self.advance()
        inner = self.expression()
        if self.lexeme != ")":
            raise self.surprise("')'")
        self.advance()
        return inner

    def _comparison(self, name: str) -> Term:
        if self.kind != "op":
            return Term(name, "==", True)
        op = self.lexeme
        self.advance()
        return Term(name, op, self._literal())

    def _literal(self) -> bool | float | str:
        kind, lexeme = self.kind, self.lexeme
        if kind not in ("number", "text") and lexeme not in ("true", "false"):
            raise self.surprise("a number, a text in quotes, true or false")
        self.advance()
        if kind == "number":
            return float(lexeme)
        return lexeme[1:-1] if kind == "text" else lexeme == "true"
