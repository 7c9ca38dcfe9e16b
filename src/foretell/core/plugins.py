"""Names to objects: a lazy table of the built-ins, entry points, and `module:attribute` for the user's own.

Built-ins go through the same door as strangers: to add one, write its file and add its line here.
"""

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, cast

from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.values import JsonObject
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.core.ports.scorers import FunctionScorer, Scorer

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "listeners": {"http": "foretell.adapters.wire.listening:AiohttpListener"},
    "receivers": {"otlp": "foretell.adapters.capture.receiver:OtlpReceiver"},
    "wires": {
        "http": "foretell.adapters.wire.http:AiohttpWire",
        "model_proxy": "foretell.adapters.wire.proxy:ModelProxy",
    },
    "scorers": {
        "contains": "foretell.scorers.contains:Contains",
        "contains_all": "foretell.scorers.contains_all:ContainsAll",
        "contains_any": "foretell.scorers.contains_any:ContainsAny",
        "contains_expected": "foretell.scorers.contains_expected:ContainsExpected",
        "content_kept": "foretell.scorers.content_kept:ContentKept",
        "context_kept": "foretell.scorers.context_kept:ContextKept",
        "cost": "foretell.scorers.cost:Cost",
        "exact_match": "foretell.scorers.exact_match:ExactMatch",
        "figures_supported": "foretell.scorers.figures_supported:FiguresSupported",
        "grounded": "foretell.scorers.grounded:Grounded",
        "index_fresh": "foretell.scorers.index_fresh:IndexFresh",
        "json_schema": "foretell.scorers.json_schema:JsonSchema",
        "json_valid": "foretell.scorers.json_valid:JsonValid",
        "language": "foretell.scorers.language:Language",
        "latency": "foretell.scorers.latency:Latency",
        "markup_sound": "foretell.scorers.markup_sound:MarkupSound",
        "no_personal_data": "foretell.scorers.no_personal_data:NoPersonalData",
        "no_refusal": "foretell.scorers.no_refusal:NoRefusal",
        "not_truncated": "foretell.scorers.not_truncated:NotTruncated",
        "nothing_leaked": "foretell.scorers.nothing_leaked:NothingLeaked",
        "numeric": "foretell.scorers.numeric:Numeric",
        "prompt_filled": "foretell.scorers.prompt_filled:PromptFilled",
        "prompt_intact": "foretell.scorers.prompt_intact:PromptIntact",
        "recorded": "foretell.scorers.recorded:recorded",
        "regex": "foretell.scorers.regex:Regex",
        "retrieval_rank": "foretell.scorers.retrieval_rank:RetrievalRank",
        "retrieval_sound": "foretell.scorers.retrieval_sound:RetrievalSound",
        "similarity": "foretell.scorers.similarity:Similarity",
        "tool_calls": "foretell.scorers.tool_calls:ToolCalls",
        "tool_contract": "foretell.scorers.tool_contract:ToolContract",
        "tools_needed": "foretell.scorers.tools_needed:ToolsNeeded",
        "tools_work": "foretell.scorers.tools_work:ToolsWork",
    },
    "targets": {
        "command": "foretell.adapters.targets.command:CommandTarget",
        "http": "foretell.adapters.targets.http:HttpTarget",
        "model": "foretell.adapters.targets.model:ModelTarget",
        "production": "foretell.adapters.targets.production:ProductionTarget",
        "python": "foretell.adapters.targets.python:PythonTarget",
        "recorded": "foretell.adapters.targets.recorded:RecordedTarget",
    },
    "models": {
        "openai": "foretell.adapters.models.openai:OpenAIModel",
    },
    "embedders": {
        "builtin": "foretell.adapters.embedders.builtin:BuiltinEmbedder",
        "onnx": "foretell.adapters.embedders.onnx:OnnxEmbedder",
        "openai": "foretell.adapters.models.embeddings:OpenAIEmbedder",
    },
    "faults": {
        "content_dropped": "foretell.adapters.faults.answer:ContentDropped",
        "instruction_dropped": "foretell.adapters.faults.prompt:InstructionDropped",
        "markup_broken": "foretell.adapters.faults.answer:MarkupBroken",
        "model_busy": "foretell.adapters.faults.model:ModelBusy",
        "model_downgraded": "foretell.adapters.faults.model:ModelDowngraded",
        "model_other_language": "foretell.adapters.faults.model:ModelOtherLanguage",
        "model_refuses": "foretell.adapters.faults.model:ModelRefuses",
        "model_retried": "foretell.adapters.faults.model:ModelRetried",
        "model_slow": "foretell.adapters.faults.model:ModelSlow",
        "model_truncated": "foretell.adapters.faults.model:ModelTruncated",
        "model_verbose": "foretell.adapters.faults.model:ModelVerbose",
        "personal_data": "foretell.adapters.faults.model:PersonalData",
        "prompt_truncated": "foretell.adapters.faults.prompt:PromptTruncated",
        "retrieval_empty": "foretell.adapters.faults.retrieval:RetrievalEmpty",
        "retrieval_shuffled": "foretell.adapters.faults.retrieval:RetrievalShuffled",
        "retrieval_wrong": "foretell.adapters.faults.retrieval:RetrievalWrong",
        "stale_index": "foretell.adapters.faults.retrieval:StaleIndex",
        "tool_empty": "foretell.adapters.faults.tools:ToolEmpty",
        "tool_error": "foretell.adapters.faults.tools:ToolError",
        "tool_field_renamed": "foretell.adapters.faults.tools:ToolFieldRenamed",
        "tool_retried": "foretell.adapters.faults.tools:ToolRetried",
        "tool_slow": "foretell.adapters.faults.tools:ToolSlow",
        "tool_type_changed": "foretell.adapters.faults.tools:ToolTypeChanged",
        "variable_unfilled": "foretell.adapters.faults.prompt:VariableUnfilled",
    },
}

OFFERED = "foretell_offered"
"""The module that holds what this process offers and no importable module does."""


def known(group: str) -> tuple[str, ...]:
    """The names of a group, built-in and installed."""
    return tuple(sorted({*BUILT_IN[group], *(point.name for point in entry_points(group=f"foretell.{group}"))}))


def find(group: str, name: str, where: str = "") -> Any:
    """The object behind a name: a built-in, an installed plugin, or `module:attribute`.

    Raises:
        ConfigurationError: no such name, or its module cannot be imported.
    """
    address = BUILT_IN[group].get(name)
    if address is None:
        installed = {point.name: point.value for point in entry_points(group=f"foretell.{group}")}
        address = installed.get(name) or (name if ":" in name else None)
    singular = group.removesuffix("s")
    if address is None:
        raise ConfigurationError(Problem(where, f"{singular} '{name}' is not known.", suggest(name, known(group))))
    module, _, attribute = address.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        hint = "Check the spelling, and that the module can be imported from the project's folder."
        raise ConfigurationError(Problem(where, f"{singular} '{name}' cannot be loaded: {error}.", hint)) from error
    except Exception as error:  # a module of the user's, which may raise anything
        what = f"{singular} '{name}' cannot be loaded: {type(error).__name__}: {error}."
        raise ConfigurationError(Problem(where, what, "Import its module by hand to see where.")) from error
    if not callable(found):
        what = f"{singular} '{name}' is no function and no class."
        raise ConfigurationError(Problem(where, what, "Name one that is."))
    return found


def offer(value: Any) -> str:
    """An address (`module:attribute`) for an object of this process, so that code written in a notebook can be named.

    It lives as long as the process: a run that uses it cannot be resumed by another one.
    """
    name, module = getattr(value, "__name__", "offered"), sys.modules.get(getattr(value, "__module__", ""))
    if getattr(module, name, None) is value:
        return f"{value.__module__}:{name}"
    offered = sys.modules.setdefault(OFFERED, ModuleType(OFFERED))
    name = f"{name.strip('<>')}_{len(vars(offered))}"
    setattr(offered, name, value)
    return f"{OFFERED}:{name}"


def build(group: str, name: str, params: Mapping[str, Any], where: str = "") -> Any:
    """An instance of a plugin class made from its parameters.

    Raises:
        ConfigurationError: unknown name, unknown or missing parameters; all parameter problems at once.
    """
    plugin = find(group, name, where)
    problems = check_params(plugin, params, where or f"{group.removesuffix('s')} '{name}'")
    if problems:
        raise ConfigurationError(*problems)
    return plugin(**params)


def check_params(plugin: Any, params: Mapping[str, Any], where: str) -> list[Problem]:
    """What is wrong with a plugin's parameters: names it does not take, names it needs."""
    fields = {
        name: parameter
        for name, parameter in inspect.signature(plugin).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    if not inspect.isclass(plugin):
        fields.pop(next(iter(fields), ""), None)
    problems = [
        Problem(where, f"parameter '{name}' is not known.", suggest(name, fields))
        for name in params
        if name not in fields
    ]
    for name, parameter in fields.items():
        if parameter.default is parameter.empty and name not in params:
            problems.append(Problem(where, f"parameter '{name}' is missing.", f"Add {name} = …"))
    return problems


def build_scorer(spec: ScorerSpec, where: str = "") -> Scorer:
    """A scorer from its spec: a class is built from its parameters, a function is wrapped.

    Raises:
        ConfigurationError: as `build`.
    """
    plugin: Any = find("scorers", spec.use, where)
    problems = check_params(plugin, spec.params, where or f"scorer '{spec.name}'")
    if problems:
        raise ConfigurationError(*problems)
    if isinstance(plugin, type):
        return cast("Scorer", plugin(**spec.params))
    return FunctionScorer(plugin, spec.params, **getattr(plugin, "__foretell_scorer__", {}))


def embedder_spec(given: str | JsonObject | None, where: str = "embedder") -> tuple[str, JsonObject]:
    """Name and parameters of the embedder that a scorer asks for; checked, so that a mistake is told before a run.

    Raises:
        ConfigurationError: it is not known, or its parameters are not.
    """
    if given is None or isinstance(given, str):
        name, params = given or "builtin", dict[str, Any]()
    else:
        params = dict(given)
        name = str(params.pop("use", "builtin"))
    if problems := check_params(find("embedders", name, where), params, f"{where} '{name}'"):
        raise ConfigurationError(*problems)
    return name, params


def complete(spec: ScorerSpec, where: str = "") -> ScorerSpec:
    """The spec with what its plugin says of itself filled in: version and failure mode.

    Raises:
        ConfigurationError: as `build`.
    """
    built = build_scorer(spec, where)
    return dataclasses.replace(
        spec, version=getattr(built, "version", "1"), mode=spec.mode or getattr(built, "mode", None)
    )


def needs_expected(spec: ScorerSpec) -> bool:
    """True when a scorer has nothing to say of a case without a gold answer."""
    return bool(getattr(build_scorer(spec), "needs_expected", False))
