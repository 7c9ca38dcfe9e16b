"""Names that instrumentation gives to things, and ours: the one table. A dialect is rows here and a golden trace.

Present names are those of OpenTelemetry's GenAI conventions (`gen_ai.*`,
https://opentelemetry.io/docs/specs/semconv/gen-ai/). Beside them stand their own older names, OpenInference
(https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md) and OpenLLMetry (`traceloop.*`,
`llm.*`).
"""

from collections.abc import Mapping
from typing import Final, cast

from foretell.core.domain.arrivals import KIND_MARK
from foretell.core.domain.trace import SPAN_KINDS, SpanKind

PRESENT: Final[Mapping[str, tuple[str, ...]]] = {
    "gen_ai.provider.name": ("gen_ai.system", "llm.provider", "llm.system"),
    "gen_ai.request.model": ("llm.request.model", "embedding.model_name", "llm.model_name"),
    "gen_ai.response.model": ("llm.response.model", "llm.model_name"),
    "gen_ai.response.finish_reasons": (
        "gen_ai.response.finish_reason", "llm.response.finish_reason", "llm.finish_reason",
    ),
    "gen_ai.usage.input_tokens": (
        "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "llm.token_count.prompt",
    ),
    "gen_ai.usage.output_tokens": (
        "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens", "llm.token_count.completion",
    ),
    "gen_ai.usage.cache_read.input_tokens": (
        "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.details.cache_read_tokens",
        "llm.token_count.prompt_details.cache_read",
    ),
    "gen_ai.usage.cost": ("operation.cost", "llm.cost.total"),
    "gen_ai.conversation.id": (
        "session.id", "traceloop.association.properties.session_id", "langfuse.session.id",
    ),
    "gen_ai.tool.name": ("tool.name",),
    "gen_ai.tool.call.id": ("tool_call.id", "tool.id"),
    "gen_ai.agent.name": ("agent.name", "agent_name"),
}  # fmt: skip
"""Present name → the names that mean the same, in the order of preference."""

KINDS: Final[tuple[tuple[str, Mapping[str, SpanKind]], ...]] = (
    (KIND_MARK, cast("Mapping[str, SpanKind]", {kind: kind for kind in SPAN_KINDS})),
    (
        "gen_ai.operation.name",
        {
            "chat": "llm", "text_completion": "llm", "generate_content": "llm", "execute_tool": "tool",
            "retrieval": "retrieval", "create_agent": "agent", "invoke_agent": "agent", "invoke_workflow": "chain",
            "embeddings": "other",
        },
    ),
    (
        "openinference.span.kind",
        {
            "LLM": "llm", "TOOL": "tool", "RETRIEVER": "retrieval", "RERANKER": "retrieval", "AGENT": "agent",
            "CHAIN": "chain", "PROMPT": "prompt", "EMBEDDING": "other", "GUARDRAIL": "other", "EVALUATOR": "other",
        },
    ),
    ("traceloop.span.kind", {"workflow": "chain", "task": "chain", "agent": "agent", "tool": "tool"}),
    ("llm.request.type", {"chat": "llm", "completion": "llm", "rerank": "retrieval", "embedding": "other"}),
)  # fmt: skip
"""Attribute → its values → the kind of span; the first attribute with a known value counts."""

MESSAGES_IN: Final = ("gen_ai.input.messages", "pydantic_ai.all_messages", "llm.input_messages", "gen_ai.prompt")
MESSAGES_OUT: Final = ("gen_ai.output.messages", "llm.output_messages", "gen_ai.completion")
"""Chat messages: JSON under the name itself, or attributes `NAME.0.role`, `NAME.0.message.content` …"""
INSTRUCTIONS: Final = "gen_ai.system_instructions"

VALUES_IN: Final = (
    "gen_ai.tool.call.arguments", "tool_arguments", "gen_ai.retrieval.query.text", "retrieval.query", "input.value",
    "traceloop.entity.input",
)  # fmt: skip
VALUES_OUT: Final = (
    "gen_ai.tool.call.result", "tool_response", "output.value", "traceloop.entity.output", "final_result",
)  # fmt: skip
"""Any other input or output; text that is JSON is read as such."""
MEDIA: Final = ("input.mime_type", "output.mime_type")

DOCUMENTS: Final = ("gen_ai.retrieval.documents", "retrieval.documents", "reranker.output_documents")
"""Retrieved documents: JSON, or attributes `NAME.0.document.content` …"""

TOOLS: Final = "llm.tools"
"""Tools that a model was offered, as attributes `llm.tools.0.tool.json_schema` …"""

MESSAGE_EVENTS: Final[Mapping[str, str]] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
"""Event → role of the message in it, in older conventions."""
CHOICE_EVENT: Final = "gen_ai.choice"
CONTENT_EVENTS: Final[Mapping[str, str]] = {
    "gen_ai.content.prompt": "gen_ai.prompt",
    "gen_ai.content.completion": "gen_ai.completion",
    "gen_ai.client.inference.operation.details": "",
}
"""Event → the attribute that holds its content; none: its attributes are those of a span."""
EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
FEEDBACK_PREFIX: Final = "foretell.feedback."
"""An annotation: an attribute with this prefix says something of the interaction."""
YES_OR_NO: Final = ("resolved", "escalated")
"""Feedback that is true or false."""

RELEASE: Final = ("service.version", "deployment.id")
"""Attributes of a resource that name the release."""
