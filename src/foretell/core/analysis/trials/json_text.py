"""JSON as answers hold it: an object already, a JSON text, or one inside a fence."""

import json
import re
from dataclasses import dataclass

from foretell.core.domain.values import Json

_FENCE = re.compile(r"\s*```(?:json|JSON)?[ \t]*\n(?P<body>.*?)\n?[ \t]*```\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is not JSON."""

    reason: str


def read_json(output: Json, allow_fence: bool = False) -> Json | Unreadable:
    """The value that an output holds. An output that is no text is taken as it is.

    NaN and Infinity are not JSON. With `allow_fence` one ```json block around the whole text is taken off.
    """
    if output is None:
        return Unreadable("there is no answer")
    if not isinstance(output, str):
        return output
    fenced = _FENCE.fullmatch(output)
    if fenced is not None and not allow_fence:
        return Unreadable("the JSON stands in a code fence")
    text = fenced["body"] if fenced is not None else output
    if not text.strip():
        return Unreadable("the answer is empty")
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Unreadable(f"{error.msg} at line {error.lineno}, column {error.colno}")
    except (ValueError, RecursionError) as error:
        return Unreadable("nested too deeply" if isinstance(error, RecursionError) else str(error))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
