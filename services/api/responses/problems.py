"""Why a request was not served, and whether a process can serve any."""

from __future__ import annotations

from pydantic import BaseModel, Field

from shared.jobs import JobStatus


class FieldErrorView(BaseModel):
    field: str
    code: str
    message: str


class ProblemView(BaseModel):
    """Why a request was not served (RFC 9457)."""

    type: str = Field(description="Names the kind of problem; stable")
    title: str
    status: int
    detail: str = Field(description="For people")
    code: str = Field(description="For machines; stable")
    retryable: bool = Field(description="Whether the same request may succeed later")
    request_id: str = Field(description="To find it in the logs")
    errors: list[FieldErrorView]
    violated_policies: list[str] | None = Field(
        default=None, description="With `rate_limited` only: the policies of `RateLimit-Policy` that are used up"
    )
    largest_margin: float | None = Field(
        default=None, description="With `impossible_margin` only: the largest margin that can be reached, in percent"
    )
    job_status: JobStatus | None = Field(
        default=None, description="When a job's state does not allow what was asked: the state"
    )
    allowed: list[str] | None = Field(default=None, description="With `job_status`: what can be done with it instead")


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    """Ready when the database is: without the broker jobs are still accepted, and sent when it is back."""

    ready: bool
    database: bool
    broker: bool
