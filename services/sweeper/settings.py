"""Settings of the sweeper."""

from __future__ import annotations

from pydantic import Field

from shared.settings import WebhookSettings


class SweeperSettings(WebhookSettings):
    period_seconds: float = Field(default=1.0, gt=0, le=60, description="Time between two rounds")
    lease_seconds: float = Field(
        default=10.0, gt=0, le=300, description="How long leadership lasts without being renewed"
    )
    unsent_after_seconds: float = Field(
        default=2.0, gt=0, description="Age at which a job whose message was not confirmed is sent again"
    )
    resend_after_seconds: float = Field(
        default=60.0, gt=0, description="Age at which a job that nobody started is sent again"
    )
    pending_limit_seconds: float = Field(
        default=1800.0, gt=0, description="Age at which a job that could not be started fails"
    )
    stalled_after_seconds: float = Field(
        default=60.0, gt=0, description="Time without progress after which a running job is looked into"
    )
    stalled_limit_seconds: float = Field(
        default=21_600.0, gt=0, description="Time without progress after which a running job fails"
    )
    heal_items: int = Field(default=5000, ge=1, le=100_000, description="Most items looked into per job and round")
    failures_hours: float = Field(default=168.0, gt=0, description="How long the failure store keeps a message")
    retention_days: float = Field(default=30.0, gt=0, description="How long ended jobs and their items are kept")
    measure_seconds: float = Field(
        default=5.0, gt=0, le=300, description="Time between two measurements of the whole system, for /metrics"
    )
    max_attempts: int = Field(default=10, ge=1, le=100, description="Attempts to store a dead letter")
    delivery_period_seconds: float = Field(
        default=0.5, gt=0, le=60, description="Time between two looks for deliveries to webhooks that are due"
    )
    webhook_timeout_seconds: float = Field(
        default=15.0, gt=0, le=60, description="Longest time for one request to a webhook, answer included"
    )
    webhook_disable_days: float = Field(
        default=5.0, gt=0, description="A webhook whose receiver has taken nothing for so long is switched off"
    )
    schedule_grace_seconds: float = Field(
        default=300.0, gt=0, le=86_400, description="A schedule that is due for longer has been missed"
    )
