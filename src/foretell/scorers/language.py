"""The answer is in the right language."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from foretell.core.analysis.trials.blame import first_showing
from foretell.core.analysis.trials.retrieved import leaves
from foretell.core.domain.scores import NotApplicable, Score, ScoreResult
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError

# What says nothing of a language: code, links, addresses, numbers.
_NOISE = re.compile(r"```.*?(?:```|$)|https?://\S{1,2000}|\S{1,64}@\S{1,255}|[\d_#*`|<>{}\[\]]+", re.DOTALL)
_MIN_LETTERS = 20
_MIN_LETTERS_WITHOUT_SPACES = 8
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SURE = 0.6
# Written forms so near to each other that a detector should not fail an answer over them.
_SIBLINGS = (
    {"no", "nn", "nb"},
    {"hr", "bs", "sr"},
    {"id", "ms"},
    {"zh", "yue", "wuu"},
    {"en", "pcm"},
    {"gl", "pt"},
    {"gl", "es"},
    {"an", "es"},
    {"ext", "es"},
    {"ar", "ary", "arz"},
)
# What the detector tells apart, written down so that a wrong code is refused without loading its model.
_KNOWN = (
    "ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa fi fo fr "
    "fuv fy ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka kab kik kk km kn ko "
    "ku ky la lb lg lij ln lo lt ltg lv mg mk ml mn mr ms mt my ne nl nn no nso oc om or pa pcm pl ps pt qu ro ru "
    "rw sa sdh se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo wa wuu xh yo "
    "yue zh zu"
)
CODES = frozenset(_KNOWN.split())


@dataclass(frozen=True, slots=True)
class Language:
    """True when the answer is in the language `code` (ISO 639-1, such as "de"), or else in that of the input.

    Not applicable to texts of fewer than 20 letters, and where the detector is not sure.
    """

    code: str | None = None

    def __post_init__(self) -> None:
        if self.code is not None and _primary(self.code) not in CODES | {"nb"}:
            hint = "Write a two-letter code, such as 'en' or 'de'."
            raise ConfigurationError.of("", f"language '{self.code}' is not known.", hint)

    def score(self, trial: Trial) -> ScoreResult:
        """Detect and compare."""
        wanted = _primary(self.code) if self.code is not None else _detect(_asked(trial))
        if wanted is None:
            return NotApplicable("the language of the input cannot be told")
        given = _detect(trial.text)
        if given is None:
            return NotApplicable("the language of the answer cannot be told")
        is_right = given == wanted or any({given, wanted} <= family for family in _SIBLINGS)
        step = None if is_right else first_showing(trial, lambda text: _detect(text) == given)
        return Score(is_right, f"the answer is in '{given}', {'as' if is_right else 'not'} '{wanted}'", (), step)


def _asked(trial: Trial) -> str:
    """The user's last words of the case, without the keys and roles of chat messages, which would say English."""
    given = trial.case.turns[-1] if trial.case.turns else trial.case.input
    if not isinstance(given, list):
        return "\n".join(leaves(given))
    asked = [
        item.get("content") for item in cast("list[Json]", given) if hasattr(item, "get") and item.get("role") == "user"
    ]
    return "\n".join(leaves(asked[-1] if asked else given))


def _primary(code: str) -> str:
    return re.split("[-_]", code.strip().lower())[0]


def _detect(text: str) -> str | None:
    """The language code of a text, None when it is too short or the detector is not sure."""
    plain = " ".join(_NOISE.sub(" ", text[:20_000]).split())
    letters = sum(character.isalpha() for character in plain)
    if letters < (_MIN_LETTERS_WITHOUT_SPACES if _UNSPACED.search(plain) else _MIN_LETTERS):
        return None
    code, confidence = _identifier().classify(plain)
    return code if confidence >= _SURE else None


@cache
def _identifier() -> Any:
    """The detector. Loading its model takes about half a second, so it waits for the first text."""
    return cast("Any", LanguageIdentifier).from_model_file(MODEL_FILE, norm_probs=True)
