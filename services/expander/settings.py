"""Settings of the expander."""

from __future__ import annotations

from pydantic import Field

from shared.settings import FetchSettings


class ExpanderSettings(FetchSettings):
    user_concurrent_jobs: int = Field(
        default=5, ge=1, le=10_000, description="Jobs of one user that run at once; the others wait in order"
    )
    window_seconds: float = Field(
        default=0.5, gt=0, le=60, description="Work handed out ahead per job, in seconds of its marketplace's pace"
    )
    window_items: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Most items handed out ahead per job, and without an interval always",
    )
    max_pages: int = Field(default=400, ge=1, le=10_000, description="Most listing pages read for one job")
    concurrency: int = Field(default=16, ge=1, le=256, description="Jobs expanded at once")
    max_attempts: int = Field(
        default=3, ge=1, le=20, description="Attempts to read a listing page before the job fails"
    )
    poll_seconds: float = Field(
        default=1.0, gt=0, le=60, description="How often running jobs are looked at without being told of progress"
    )
