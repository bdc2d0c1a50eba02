"""Settings of the collector."""

from __future__ import annotations

from pydantic import Field

from shared.settings import FetchSettings, ProfitSettings


class CollectorSettings(FetchSettings, ProfitSettings):
    concurrency: int = Field(
        default=16, ge=1, le=32, description="Requests under way at once per marketplace; the pace bounds them as well"
    )
    prefetch: int = Field(
        default=800, ge=1, le=2000, description="Most messages held per marketplace when no interval is configured"
    )
    hold_seconds: float = Field(
        default=300.0,
        gt=0,
        le=1200,
        description="Most work held per marketplace, in seconds of its pace; what got no turn by then goes back",
    )
    max_attempts: int = Field(default=3, ge=1, le=20, description="Attempts per item before it fails")
    batch_items: int = Field(default=200, ge=1, le=1000, description="Most items written and acknowledged together")
    batch_seconds: float = Field(default=0.05, ge=0, le=5, description="Longest wait for such a batch to fill")
    until_empty: bool = Field(default=False, description="Exit once the queues are empty")

    def prefetch_for(self, marketplace: str) -> int:
        """Messages held for `marketplace`: never more than its pace works off well within the broker's time-out."""
        item_seconds = self.item_seconds(marketplace)
        if item_seconds == 0:
            return self.prefetch
        return max(4, min(self.prefetch, int(self.hold_seconds / item_seconds / 8)))
