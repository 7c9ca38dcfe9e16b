"""Makes the golden traces again: `python capture.py DIALECT` in an environment that has the dialect's package.

A small assistant asks a scripted endpoint on this machine, which calls a tool first and then answers. What the
instrumentation exports is written beside this file as DIALECT.json, with ids and times made plain.

    openinference   pip install openinference-instrumentation-openai openai opentelemetry-exporter-otlp-proto-http
    otel-v2         pip install opentelemetry-instrumentation-openai-v2 openai opentelemetry-exporter-otlp-proto-http
    pydantic-ai     pip install "pydantic-ai-slim[openai]" opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
    traceloop       pip install traceloop-sdk openai

Not part of the tests, which read the files alone.
"""

import importlib.metadata
import json
import os
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ASKED = "What is the weather in Paris?"
ANSWER = "It is sunny in Paris, 21 degrees."
RESULT = '{"sky": "sunny", "degrees": 21}'
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
LEFT_OUT = ("telemetry.", "process.", "host.", "os.")
"""Attributes of a resource that tell of the machine."""

bodies: list[bytes] = []


class Endpoint(BaseHTTPRequestHandler):
    """Chat completions, and a place to export to."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.endswith("/v1/traces"):
            bodies.append(body)
            self.reply(b"")
        elif self.path.endswith("/chat/completions"):
            self.reply(json.dumps(completion(json.loads(body))).encode())
        else:
            self.reply(b"")

    def reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def completion(asked: dict[str, Any]) -> dict[str, Any]:
    """A tool call first; once a tool has answered, the answer."""
    if asked["messages"][-1]["role"] == "tool":
        message: dict[str, Any] = {"role": "assistant", "content": ANSWER}
        reason = "stop"
    else:
        function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
        call = {"id": "call_1", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        reason = "tool_calls"
    used = {
        "prompt_tokens": 40,
        "completion_tokens": 10,
        "total_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 8},
    }
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1767225600, "model": "small-1"}
    return {**head, "choices": [choice], "usage": used}


def ask(client: Any, call_tool: Callable[[str], str]) -> str:
    """Two calls of the model with a tool between."""
    messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]
    first = client.chat.completions.create(model="small", messages=messages, tools=[TOOL]).choices[0].message
    (call,) = first.tool_calls
    result = call_tool(**json.loads(call.function.arguments))
    messages += [first.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": result}]
    return client.chat.completions.create(model="small", messages=messages, tools=[TOOL]).choices[0].message.content


def provider_to(url: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "assistant", "service.version": "1.0"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
    return provider


def openinference(url: str) -> str:
    from openai import OpenAI
    from openinference.instrumentation import using_session
    from openinference.instrumentation.openai import OpenAIInstrumentor

    provider = provider_to(url)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    tracer = provider.get_tracer("assistant")

    def get_weather(city: str) -> str:
        said = {
            "openinference.span.kind": "TOOL",
            "tool.name": "get_weather",
            "input.value": json.dumps({"city": city}),
        }
        with tracer.start_as_current_span(
            "get_weather", attributes={**said, "input.mime_type": "application/json"}
        ) as span:
            span.set_attribute("output.value", RESULT)
        return RESULT

    said = {"openinference.span.kind": "AGENT", "input.value": ASKED}
    with using_session("session-1"), tracer.start_as_current_span("assistant", attributes=said) as span:
        answer = ask(OpenAI(base_url=f"{url}/v1", api_key="none"), get_weather)
        span.set_attribute("output.value", answer)
    return "openinference-instrumentation-openai"


def otel_v2(url: str) -> str:
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "span_only"
    from openai import OpenAI
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    provider = provider_to(url)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    tracer = provider.get_tracer("assistant")

    def get_weather(city: str) -> str:
        said = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get_weather",
            "gen_ai.tool.call.id": "call_1",
        }
        given = {"gen_ai.tool.call.arguments": json.dumps({"city": city}), "gen_ai.tool.call.result": RESULT}
        with tracer.start_as_current_span("execute_tool get_weather", attributes={**said, **given}):
            return RESULT

    said = {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "session-1"}
    with tracer.start_as_current_span("invoke_agent assistant", attributes=said):
        ask(OpenAI(base_url=f"{url}/v1", api_key="none"), get_weather)
    return "opentelemetry-instrumentation-openai-v2"


def pydantic_ai(url: str) -> str:
    from pydantic_ai import Agent
    from pydantic_ai.models.instrumented import InstrumentationSettings
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("small", provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))
    provider = provider_to(url)
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
    agent = Agent(model, system_prompt="Be brief.", name="assistant")

    @agent.tool_plain
    def get_weather(city: str) -> dict[str, Any]:
        """The weather in a city."""
        return json.loads(RESULT)

    agent.run_sync(ASKED)
    return "pydantic-ai-slim"


def traceloop(url: str) -> str:
    os.environ["TRACELOOP_TELEMETRY"] = "false"
    from openai import OpenAI
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import tool, workflow

    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces")
    Traceloop.init(app_name="assistant", exporter=exporter, disable_batch=True, telemetry_enabled=False)
    Traceloop.set_association_properties({"session_id": "session-1"})

    @tool(name="get_weather")
    def get_weather(city: str) -> str:
        return RESULT

    @workflow(name="assistant")
    def assistant(question: str) -> str:
        return ask(OpenAI(base_url=f"{url}/v1", api_key="none"), get_weather)

    assistant(ASKED)
    return "opentelemetry-instrumentation-openai"


DIALECTS = {"openinference": openinference, "otel-v2": otel_v2, "pydantic-ai": pydantic_ai, "traceloop": traceloop}


def plain(requests: list[bytes]) -> dict[str, Any]:
    """One request of all spans in OTLP's JSON, oldest first; ids counted, times as steps of a second."""
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    read = [MessageToDict(ExportTraceServiceRequest.FromString(body)) for body in requests]
    groups = [group for request in read for group in request["resourceSpans"]]
    spans = [span for group in groups for scope in group["scopeSpans"] for span in scope["spans"]]
    spans.sort(key=lambda span: int(span["startTimeUnixNano"]))
    times = sorted({int(span[name]) for span in spans for name in ("startTimeUnixNano", "endTimeUnixNano")})
    ids: dict[str, str] = {}
    for span in spans:
        for name, width in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
            if name in span:
                span[name] = ids.setdefault(span[name], f"{len(ids) + 1:0{width}x}")
        for name in ("startTimeUnixNano", "endTimeUnixNano"):
            span[name] = str(1_767_225_600_000_000_000 + times.index(int(span[name])) * 1_000_000_000)
        for event in span.get("events", []):
            event["timeUnixNano"] = span["endTimeUnixNano"]
    resource = groups[0]["resource"]
    resource["attributes"] = [pair for pair in resource["attributes"] if not pair["key"].startswith(LEFT_OUT)]
    scope = {"scope": {"name": "golden"}, "spans": spans}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def main(dialect: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    package = DIALECTS[dialect](f"http://127.0.0.1:{server.server_port}")
    made = {"made_by": f"{package} {importlib.metadata.version(package)}"}
    place = Path(__file__).parent / f"{dialect}.json"
    text = json.dumps({**made, **plain(bodies)}, indent=1, ensure_ascii=False)
    place.write_text(
        text.replace(f":{server.server_port}", ":8000").replace(f'"{server.server_port}"', '"8000"') + "\n"
    )
    sys.stdout.write(f"{place.name}: {text.count('spanId')} spans\n")


if __name__ == "__main__":
    main(sys.argv[1])
