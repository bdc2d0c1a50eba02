"""Settings of the expander."""

from __future__ import annotations

from pydantic import Field

from services.expander.windows import LEAST, window_size
from shared.settings import CREATORS_ITEMS, FetchSettings


class ExpanderSettings(FetchSettings):
    user_concurrent_jobs: int = Field(
        default=5, ge=1, le=10_000, description="Jobs of one user that run at once; the others wait in order"
    )
    window_seconds: float = Field(
        default=0.5, gt=0, le=60, description="Work handed out ahead per marketplace, in seconds of its pace"
    )
    window_items: int = Field(
        default=5000,
        ge=1,
        le=100_000,
        description="Most items handed out ahead per marketplace; without an interval, those of about a second",
    )
    max_pages: int = Field(default=400, ge=1, le=10_000, description="Most listing pages read for one job")
    concurrency: int = Field(default=16, ge=1, le=256, description="Jobs expanded at once")
    max_attempts: int = Field(
        default=3, ge=1, le=20, description="Attempts to read a listing page before the job fails"
    )
    poll_seconds: float = Field(
        default=1.0, gt=0, le=60, description="How often running jobs are looked at without being told of progress"
    )

    def window_of(self, marketplace: str, fetch_seconds: float, per_second: float | None) -> int:
        """Items of `marketplace` in flight at once, whose pages take so long; so many are finished a second, if known.

        Calls of the Creators API have ten items each, so a window fills four calls.
        """
        seconds = self.item_seconds(marketplace)
        if self.source_of(marketplace) == "creators":
            seconds = min(seconds, self.window_seconds / (LEAST * CREATORS_ITEMS))
        return window_size(
            seconds,
            self.window_seconds,
            self.window_items,
            min(fetch_seconds, self.fetch_timeout_seconds),
            per_second,
        )
