"""What can be told from an answer's words alone: that it declines, and that it stops before its end.

Both look at form, not at meaning, and would rather miss one than cry wolf: a policy said politely ("unfortunately we do
not deliver on Sundays") and "I do not have that information" are answers, not refusals; a short line without a full
stop is not a cut one.
"""

import json
import re

FILTERED = frozenset(
    {
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "prohibited_content",
        "blocklist",
        "guardrail_intervened",
    }
)
OUT_OF_TOKENS = frozenset({"length", "max_tokens", "max_output_tokens", "token_limit", "model_length"})

# A refusal is in the first breath. What comes later is an answer with a reservation.
_OPENING = 240

_ENGLISH = r"""
    \bi(?:'m|\ am)\ (?:not\ (?:able|allowed|permitted)|unable)\ to\ (?:
        help|assist|answer|comply|provide|discuss|share|do\ that|fulfil|engage)
    | \bi\ (?:can't|cannot|can\ not|won't|will\ not|could\ not|couldn't)\ (?:and\ (?:won't|will\ not)\ )?
      (?:be\ able\ to\ )?(?:
        help\b(?!\ (?:but|feeling|noticing)) | assist | comply | answer\ (?:that|this|your|questions)
        | discuss | engage | fulfil | do\ that | (?:go\ along|take\ part|participate) | provide | endorse | condone
        | (?:write|create|generate|produce)\b(?!\ (?:it|them|one)\b)
        | (?:give|offer|share|complete)\ (?:you\ )?(?:with\ )?
          (?:that|this|any|such|it\b|help|assistance|advice|instructions|information\ (?:on|about)|details
            |guidance|content|(?:medical|legal|financial|personal|tax)\b)
      )
    | \bi\ (?:must|have\ to|need\ to)\ (?:respectfully\ )?decline
    | \bi(?:'d|\ would)\ (?:rather|prefer)\ not\ (?:to\ )?(?:answer|say|discuss|help|share)
    | \bas\ an?\ (?:ai|artificial|large\ language|language)\b[^.!?]{0,60}
      \bi\ (?:can't|cannot|can\ not|am\ not|am\ unable|don't|do\ not|won't)
    | \b(?:that|this)(?:\ is|'s)\ (?:not\ something\ i\ can|something\ i\ (?:can't|cannot|can\ not|won't))
    | \b(?:this|that|your)\ (?:request|question|prompt)\ (?:
        violates|goes\ against|is\ against|cannot\ be\ (?:answered|processed|fulfilled))
"""
_GERMAN = r"""
    \b(?:ich|dabei|damit|das|dazu|darauf|diese[rsn]?|hierbei|leider)\b[^.!?]{0,50}
      \b(?:kann|darf|werde|möchte)\ (?:ich\ )?[^.!?]{0,50}\b(?:nicht|keine)\b[^.!?]{0,40}\b(?:
        helfen|weiterhelfen|beantworten|behilflich|unterstützen|nachkommen|auskunft)
    | \bich\ bin\ nicht\ (?:in\ der\ lage|befugt|berechtigt)
    | \bals\ (?:ki|sprachmodell|künstliche)\b[^.!?]{0,60}\b(?:kann|darf|habe)\b[^.!?]{0,40}\b(?:nicht|keine)
    | \bich\ muss\b[^.!?]{0,40}\bablehnen
"""
_FRENCH = r"""
    \bje\ ne\ (?:peux|puis|pourrai|suis)\ (?:malheureusement\ )?(?:pas|en\ mesure)\b[^.!?]{0,30}
      \b(?:aider|répondre|assister|fournir|accéder|traiter|discuter)
    | \bje\ (?:dois|suis\ contraint\ de|suis\ obligée?\ de)\ (?:\w+\ )?(?:refuser|décliner)
    | \ben\ tant\ qu['e]\ ?(?:ia\b|intelligence|assistant|modèle)[^.!?]{0,60}\bje\ ne\ (?:peux|puis|suis)
"""
_SPANISH = r"""
    \bno\ (?:puedo|podré|podría)\ (?:
        ayudar|ayudarte|ayudarle|asistir|responder|contestar|proporcionar|cumplir|compartir|hablar)
    | \bno\ (?:estoy\ autorizad[oa]|me\ es\ posible|soy\ capaz|estoy\ en\ condiciones)\b
    | \bcomo\ (?:ia\b|una\ ia|inteligencia|modelo|asistente)[^.!?]{0,60}\bno\ (?:puedo|tengo|debo)
    | \b(?:debo|tengo\ que)\ (?:rechazar|negarme|declinar)
"""
_REFUSAL = re.compile(f"{_ENGLISH}|{_GERMAN}|{_FRENCH}|{_SPANISH}", re.VERBOSE)
_SENTENCE_END = re.compile(r"[.!?…。！？](?=\s|$)|\n")

_ENDS_WELL = ".!?…。！？؟।։"
_CLOSERS = "\"')]}*_`»”’」』>~|"
# Words that cannot end a sentence, and words that seldom do ("you can sign in"): those need a longer line.
_UNFINISHED = re.compile(
    r"(?:^|\s)(?:a|an|the|and|or|but|your|our|their|because|if|than|which|whose"
    r"|der|das|dem|ein|eine|einen|und|oder|aber|dass|weil|wenn|Ihre|unsere"
    r"|le|la|les|un|une|des|du|et|ou|mais|votre|notre|el|los|las|una|unos|y|o|pero|su|nuestro|nuestra)$"
)
_LEANING = re.compile(
    r"(?:^|\s)(?:of|to|with|for|from|in|on|at|by|as|is|are|was|were|that|have|has|not"
    r"|die|den|von|zu|mit|für|aus|im|am|ist|sind|de|à|avec|pour|dans|sur|est|sont|que|qui|con|para|en|por|es|son)$"
)
_ITEM = re.compile(r"\s*(?:[-*+•–]|\d{1,3}[.)]|#{1,6}|\||>)\s?")
_LINK = re.compile(r"https?://|www\.|[^@]+@")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]$")


def is_filtered(finish_reason: str | None) -> bool:
    """Whether the provider says that its own filter ended the answer."""
    return (finish_reason or "").lower() in FILTERED


def is_refusal(text: str) -> bool:
    """Whether an answer declines in its first three sentences, in English, German, French or Spanish.

    >>> is_refusal("I'm sorry, but I can't help with that.")
    True
    >>> is_refusal("I'm sorry, but we do not deliver on Sundays.")
    False
    """
    opening = " ".join(text[: 4 * _OPENING].replace("’", "'").replace("*", "").split())[:_OPENING].lower()
    ends = [match.end() for match in _SENTENCE_END.finditer(opening)]
    return _REFUSAL.search(opening[: ends[2]] if len(ends) > 2 else opening) is not None


def is_cut(text: str, finish_reason: str | None = None) -> bool:
    """Whether an answer stops before its end: the model ran out of tokens, or the last sentence is unfinished.

    Lists, tables, code, links, figures, signatures and short answers may end without a full stop.

    >>> is_cut("You can return an item within 45 days. The item must be unused and still have")
    True
    >>> is_cut("You can return an item within 45 days. Two things matter:\\n- unused\\n- tags on")
    False
    """
    if (finish_reason or "").lower() in OUT_OF_TOKENS:
        return True
    body = text.strip()
    if not body or _is_structured(body):
        return False
    if body.count("```") % 2:
        return True
    return _is_unfinished(body)


def _is_structured(body: str) -> bool:
    """JSON that can be read ends where it should; code in a closed fence too."""
    if body.endswith("```"):
        return body.count("```") % 2 == 0
    if body[0] not in "{[":
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _is_unfinished(body: str) -> bool:
    """Whether the last line of prose ends in the middle of a sentence."""
    line = body.rsplit("\n", 1)[-1].strip()
    end = line.rstrip(_CLOSERS).rstrip()
    if not end or end[-1] in _ENDS_WELL or not end[-1].isprintable():
        return False
    if body[0] in "{[" and body[-1] not in "}]":
        return len(body) > 1 and body[1:2] in '"{[ \n'
    words = len(end.split())
    if (words > 2 and _UNFINISHED.search(end)) or (words > 7 and _LEANING.search(end)):
        return True
    if _ITEM.match(line) or _LINK.match(end.rsplit(None, 1)[-1]) or not (end[-1].isalpha() or end[-1] in ",;:-–("):
        return False
    if end[-1] in ",;:-–(":
        return words > 3
    return _breaks_its_own_habit(body, line, end)


def _breaks_its_own_habit(body: str, line: str, end: str) -> bool:
    """Whether the last sentence, a long one, lacks the full stop that the ones before it have."""
    lines = body.rsplit("\n", 2)
    if len(lines) > 2 and lines[-2].strip() and lines[-2].rstrip()[-1] not in _ENDS_WELL:
        return False
    if _UNSPACED.search(end):
        return len(line) > 20 and any(mark in body for mark in "。！？")
    started = _SENTENCE_END.split(line)[-1].strip()
    has_habit = re.search(r"[.!?](?=\s)", body) is not None
    return has_habit and len(started.split()) > 5
