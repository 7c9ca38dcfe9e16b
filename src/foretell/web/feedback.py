"""`POST /api/v1/feedback`: what a user or a support desk said of an interaction."""

from typing import Annotated, Self

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from foretell.core.domain.arrivals import Remark
from foretell.services.ingest import Ingest

Text = Annotated[str, Field(max_length=4000)]


class Feedback(BaseModel):
    """What is said of the interaction that a trace is, or of a conversation: of what was kept of it so far.

    Names beside the three are a project's own.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    trace_id: Annotated[
        str | None, Field(pattern=r"^[0-9a-fA-F]{32}$", description="The trace's id, as it was sent.")
    ] = None
    conversation_id: Annotated[
        str | None,
        Field(
            min_length=1, max_length=1000, description="Its `gen_ai.conversation.id` or `session.id`, as it was sent."
        ),
    ] = None
    resolved: Annotated[bool | None, Field(description="Whether the user got what was wanted.")] = None
    rating: Annotated[float | None, Field(description="A number that the user gave.")] = None
    escalated: Annotated[bool | None, Field(description="Whether a person had to take over.")] = None
    other: Annotated[
        dict[Annotated[str, Field(max_length=100)], bool | float | Text],
        Field(max_length=50, description="Anything else that was said."),
    ] = Field(default_factory=dict[str, bool | float | str])

    @model_validator(mode="after")
    def check_one_id(self) -> Self:
        """One of the two ids says what it is about."""
        if (self.trace_id is None) == (self.conversation_id is None):
            raise ValueError("give either trace_id or conversation_id")
        return self

    def remark(self) -> Remark:
        """What is said, and of what."""
        told = {name: getattr(self, name) for name in ("resolved", "rating", "escalated")}
        said = {**self.other, **{name: value for name, value in told.items() if value is not None}}
        if self.trace_id is not None:
            return Remark("trace", self.trace_id.lower(), said)
        return Remark("conversation", self.conversation_id or "", said)


class Taken(BaseModel):
    """The answer."""

    kept: Annotated[bool, Field(description="True: it is stored.")] = True


def feedback_routes(ingest: Ingest) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/feedback", responses={404: {"description": "Nothing of this id is kept."}})
    async def feedback(said: Feedback) -> Taken:  # pyright: ignore[reportUnusedFunction] # the decorator keeps it
        if not await ingest.say(said.remark()):
            raise HTTPException(404, "no interaction of this id is kept: it was left by sampling, or has not come")
        return Taken()

    return router
