"""How others name the fields of a case. What a case has no place for stays with the row and is kept by the import."""

from collections.abc import Mapping
from typing import cast

from foretell.adapters.evalsets.drafts import Draft, first_of, metadata_of, require
from foretell.core.domain.files.rows import Row
from foretell.core.domain.values import Json

# In hosted OpenAI evals every user names the fields of an item; these are the names that the documentation uses.
_GOLD_OF_AN_ITEM = (
    "ideal",
    "expected",
    "expected_output",
    "ground_truth",
    "correct_label",
    "reference",
    "answer",
    "label",
)
_RAGAS_ROLES = {"human": "user", "ai": "assistant", "tool": "tool"}


def read_openai_evals(row: Row) -> Draft:
    """OpenAI evals: `input` or `messages` beside `ideal`, or the hosted `item`. A `sample` is output, never gold."""
    if row.has("item"):
        return _hosted_item(row)
    require(row, "input", "messages")
    return Draft(
        row, {"id": row.take("id"), "input": first_of(row, "input", "messages"), "expected": row.take("ideal")}
    )


def _hosted_item(row: Row) -> Draft:
    item = row.mapping("item")
    gold = next((name for name in _GOLD_OF_AN_ITEM if item.get(name) is not None), None)
    asked = {name: value for name, value in item.items() if name not in (gold, "id")}
    fields: dict[str, Json] = {"id": item.get("id"), "input": asked.pop("input", None)}
    if fields["input"] is None:
        fields["input"], asked = asked or None, {}
    kept = {"item": asked} if asked else {}
    if gold is None:
        return Draft(row, fields, ["no field of 'item' has a name for expected answers, so there is none"], kept)
    return Draft(row, {**fields, "expected": item[gold]}, [f"the expected answer is 'item.{gold}'"], kept)


def read_deepeval(row: Row) -> Draft:
    """DeepEval goldens."""
    if row.has("scenario") and not row.has("input"):
        row.wrong(
            "scenario", "makes this a golden without a first message.", "Give it an 'input' and it can be a 'goal'."
        )
    else:
        require(row, "input")
    fields: dict[str, Json] = {
        "id": row.take("id"),
        "input": row.take("input"),
        "expected": first_of(row, "expected_output", "expectedOutput"),
        "metadata": metadata_of(row, "additional_metadata", "additionalMetadata", "metadata"),
    }
    return Draft(row, fields)


def read_mlflow(row: Row) -> Draft:
    """MLflow: `inputs` and `expectations`; `expected_response` is the answer, the other expectations are kept."""
    require(row, "inputs")
    expectations = row.mapping("expectations")
    fields: dict[str, Json] = {"id": first_of(row, "id", "dataset_record_id"), "input": row.take("inputs")}
    if "expected_response" not in expectations:
        fields["expected"] = expectations or first_of(row, "ground_truth", "targets")
        return Draft(row, fields)
    fields["expected"] = expectations["expected_response"]
    others = {name: value for name, value in expectations.items() if name != "expected_response"}
    remarks = [f"expectation '{name}' is kept under metadata.mlflow.expectations" for name in others]
    return Draft(row, fields, remarks, {"expectations": others} if others else {})


def read_inspect(row: Row) -> Draft:
    """Inspect samples. A list as target means that any of its items will do; it stays a list."""
    require(row, "input")
    fields: dict[str, Json] = {
        "id": row.take("id"),
        "input": row.take("input"),
        "expected": row.take("target"),
        "metadata": metadata_of(row, "metadata"),
    }
    return Draft(row, fields)


def read_ragas(row: Row) -> Draft:
    """Ragas samples, of one turn or several, and the names that it used before version 0.2."""
    require(row, "user_input", "question")
    asked = first_of(row, "user_input", "question")
    if isinstance(asked, list):
        asked = [_ragas_message(message) for message in cast("list[Json]", asked)]
    return Draft(
        row,
        {"id": row.take("id"), "input": asked, "expected": first_of(row, "reference", "ground_truth", "ground_truths")},
    )


def _ragas_message(message: Json) -> Json:
    if not isinstance(message, dict):
        return message
    fields = dict(cast("Mapping[str, Json]", message))
    if fields.get("type") not in _RAGAS_ROLES:
        return fields
    return {"role": _RAGAS_ROLES[fields.pop("type")], **fields}


def read_langfuse(row: Row) -> Draft:
    """Langfuse dataset items. Archived ones are left out, as Langfuse leaves them out of its experiments."""
    if row.take("status") == "ARCHIVED":
        return Draft(row, {}, ["archived items are left out"], is_left_out=True)
    require(row, "input")
    fields: dict[str, Json] = {
        "id": row.take("id"),
        "input": row.take("input"),
        "expected": first_of(row, "expectedOutput", "expected_output"),
        "metadata": metadata_of(row, "metadata"),
    }
    return Draft(row, fields)


def read_phoenix(row: Row) -> Draft:
    """Phoenix dataset examples: `input` and `output`, or the columns `input_NAME` and `output_NAME` of its CSV."""
    fields: dict[str, Json] = {
        "id": first_of(row, "id", "example_id"),
        "input": _phoenix_part(row, "input"),
        "expected": _phoenix_part(row, "output"),
        "metadata": _phoenix_part(row, "metadata") or {},
    }
    if fields["input"] is None:
        require(row, "input")
    if fields["expected"] is None:
        return Draft(row, fields)
    return Draft(row, fields, ["'output' is taken as the expected answer; where it was copied from traces it is none"])


def _phoenix_part(row: Row, name: str) -> Json:
    if row.has(name):
        return row.take(name)
    start = f"{name}_"
    columns = {column.removeprefix(start): row.take(column) for column in row.value if column.startswith(start)}
    return columns or None
