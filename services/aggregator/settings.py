"""Settings of the aggregator."""

from __future__ import annotations

from pydantic import Field

from shared.settings import Settings


class AggregatorSettings(Settings):
    prefetch: int = Field(default=1000, ge=1, le=10_000, description="Most fact messages held at once")
    batch_items: int = Field(default=500, ge=1, le=10_000, description="Most fact messages counted together")
    batch_seconds: float = Field(default=0.02, ge=0, le=5, description="Longest wait for such a batch to fill")
    events_per_second: float = Field(default=5.0, gt=0, description="Most job.progressed events per job and second")
    max_attempts: int = Field(default=3, ge=1, le=20, description="Attempts to handle a message before it is dead")
