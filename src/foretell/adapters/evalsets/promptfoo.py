"""promptfoo tests: variables and asserts, from its configuration file or from a CSV file of tests."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import cast

from foretell.adapters.evalsets.drafts import Draft
from foretell.adapters.evalsets.sources import Source
from foretell.core.domain.files.rows import Row
from foretell.core.domain.values import Json

# Asserts whose value is an expected answer, the closest first. All others say how to judge, which scorers do here.
_GOLD = ("equals", "factuality", "similar", "rouge-n", "bleu", "levenshtein", "contains", "icontains")
_OTHERS = (
    "contains-all contains-any icontains-all icontains-any contains-json is-json regex starts-with javascript fn eval "
    "python grade llm-rubric model-graded-closedqa answer-relevance context-recall context-relevance "
    "context-faithfulness classifier moderation webhook latency cost perplexity perplexity-score"
)
_SHORTHAND = re.compile(rf"(not-)?({'|'.join([*_GOLD, *_OTHERS.split()])})(\([\d.]+\))?(?::(.*))?", re.DOTALL)
_SPECIAL = "__"


def read_promptfoo(source: Source) -> list[Draft]:
    """One draft a test, more where a variable is a list, which stands for a test with each of its items.

    A variable that is the only one of every test is the input itself; otherwise the input is the object of them all.
    """
    default = source.document.get("defaultTest")
    tests = [_test_of_columns(row) for row in source.rows] if source.is_table else source.rows
    drafts = [draft for row in tests for draft in _drafts(row, _mapping(default))]
    names = {name for draft in drafts for name in _mapping(draft.fields["input"])}
    if len(names) == 1 and all(draft.fields["input"] for draft in drafts):
        [only] = names
        for draft in drafts:
            draft.fields["input"] = draft.fields["input"][only]
            draft.remarks.append(f"variable '{only}' is the input")
    if drafts and source.document.get("scenarios"):
        drafts[0].remarks.append("the file's 'scenarios' are not taken; write them as tests")
    if drafts and isinstance(default, str):
        drafts[0].remarks.append(f"'defaultTest' is in another file, {default}, and is not taken")
    return drafts


def _drafts(row: Row, default: Mapping[str, Json]) -> Iterator[Draft]:
    variables = {**_mapping(default.get("vars")), **row.mapping("vars")}
    if not variables:
        row.wrong("vars", "is missing.", "It is what the target is asked.")
    asserts: list[Json] = [*row.items("assert"), *_list(default.get("assert"))]
    expected, remarks = _expected(asserts)
    is_expanding = not _mapping(row.value.get("options")).get("disableVarExpansion")
    for chosen in _expand(variables) if is_expanding else [variables]:
        fields: dict[str, Json] = {"input": chosen or None, "expected": expected, "metadata": row.mapping("metadata")}
        yield Draft(row, fields, list(remarks), {"assert": asserts} if asserts else {})


def _expected(asserts: list[Json]) -> tuple[Json, list[str]]:
    """The value of the assert that names an answer most exactly, and a remark for each of the others."""
    usable = [found for found in map(_mapping, asserts) if found.get("type") in _GOLD and _is_plain(found.get("value"))]
    gold = min(usable, key=lambda found: _GOLD.index(found["type"]), default=None)
    remarks = [
        f"assert '{_mapping(found).get('type')}' is not an expected answer; it is kept under metadata.promptfoo"
        for found in asserts
        if found is not gold
    ]
    return None if gold is None else gold["value"], remarks


def _is_plain(value: Json) -> bool:
    """False for what promptfoo would fill in or fetch."""
    return value is not None and not (isinstance(value, str) and ("{{" in value or value.startswith("file://")))


def _expand(variables: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    choices = [cast("list[Json]", value) if isinstance(value, list) else [value] for value in variables.values()]
    for chosen in itertools.product(*choices):
        yield dict(zip(variables, chosen, strict=True))


def _test_of_columns(row: Row) -> Row:
    """A row of a CSV file as a test: columns are variables, those that begin with two underscores say how to judge."""
    special = {name.removeprefix(_SPECIAL): value for name, value in row.value.items() if name.startswith(_SPECIAL)}
    asserts = {name: value for name, value in special.items() if name.startswith("expected")}
    metadata = {name: value for name, value in special.items() if name.startswith("metadata:")}
    test: dict[str, Json] = {
        "vars": {name: value for name, value in row.value.items() if not name.startswith(_SPECIAL)},
        "assert": [_from_shorthand(value) for value in asserts.values()],
        "metadata": {name.removeprefix("metadata:"): value for name, value in metadata.items()},
    }
    others = {name: value for name, value in special.items() if name not in {*asserts, *metadata}}
    return Row(row.where, {**others, **test}, row.line)


def _from_shorthand(text: str) -> dict[str, Json]:
    match = _SHORTHAND.fullmatch(text)
    if match is None:
        return {"type": "equals", "value": text}
    negation, kind, threshold, value = match.groups()
    found: dict[str, Json] = {"type": f"{negation or ''}{kind}", "value": value}
    return {**found, "threshold": float(threshold[1:-1])} if threshold else found


def _mapping(value: Json) -> dict[str, Json]:
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else []
