"""`POST /api/v1/feedback`: what a user or a support desk said of an interaction."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from foretell.services.ingest import Ingest

Text = Annotated[str, Field(max_length=4000)]


class Feedback(BaseModel):
    """What is said of the interaction that a trace is. Names beside the three are a project's own."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    trace_id: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$", description="The trace's id, as it was sent.")]
    resolved: Annotated[bool | None, Field(description="Whether the user got what was wanted.")] = None
    rating: Annotated[float | None, Field(description="A number that the user gave.")] = None
    escalated: Annotated[bool | None, Field(description="Whether a person had to take over.")] = None
    other: Annotated[
        dict[Annotated[str, Field(max_length=100)], bool | float | Text],
        Field(max_length=50, description="Anything else that was said."),
    ] = Field(default_factory=dict[str, bool | float | str])


class Taken(BaseModel):
    """The answer."""

    kept: Annotated[bool, Field(description="True: it is stored.")] = True


def feedback_routes(ingest: Ingest) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/feedback", responses={404: {"description": "The trace was not kept."}})
    async def feedback(said: Feedback) -> Taken:  # pyright: ignore[reportUnusedFunction] # the decorator keeps it
        told = {name: getattr(said, name) for name in ("resolved", "rating", "escalated")}
        known = {name: value for name, value in told.items() if value is not None}
        if not await ingest.say(said.trace_id.lower(), {**said.other, **known}):
            raise HTTPException(404, "no interaction of this trace is kept: it was left by sampling, or never came")
        return Taken()

    return router
