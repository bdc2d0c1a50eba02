"""Settings of the API."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from shared.auth import MIN_SECRET_BYTES
from shared.schedules import zone
from shared.settings import MarketplaceSettings, ProfitSettings, WebhookSettings

# An ASIN takes 13 bytes in a JSON list; a pasted product address may take several times as many.
BODY_BYTES_PER_ITEM = 96
BODY_BYTES_BESIDES = 65_536

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.*-]+(?::[0-9]{1,5})?")


class ApiSettings(MarketplaceSettings, ProfitSettings, WebhookSettings):
    """What the API reads from the environment besides what all processes do."""

    jwt_secret: SecretStr | None = Field(
        default=None, description="Secret of HS256 tokens, at least 32 bytes; required unless a key set is named"
    )
    jwks_url: str | None = Field(default=None, description="Address of a JSON Web Key Set for RS256, ES256 and EdDSA")
    jwt_issuer: str | None = Field(default=None, description="When set, the `iss` that every token must carry")
    jwt_audience: str | None = Field(default=None, description="When set, the `aud` that every token must carry")
    amqp_management_url: SecretStr | None = Field(
        default=None,
        description="Address of RabbitMQ's management API, http://[user:password@]host:15672; with it GET /v1/queues"
        " shows unacknowledged messages and rates as well",
    )
    max_items_per_job: int = Field(
        default=100_000, ge=1, le=1_000_000, description="Most lines of one BULK_ASIN request, and most max_results"
    )
    default_max_results: int = Field(
        default=100, ge=1, description="Products taken from a listing when the request does not say how many"
    )
    default_max_age_seconds: int = Field(
        default=300, ge=0, description="An observation this young is used again, unless the request says otherwise"
    )
    job_time_limit_seconds: int = Field(
        default=604_800, ge=1, description="How long a job may be at work, unless the request says otherwise"
    )
    max_job_time_limit_seconds: int = Field(
        default=2_592_000, ge=1, description="Longest time limit that a request may ask for"
    )
    interval_seconds: float = Field(
        default=2.0, ge=0, le=3600, description="Least time between two requests to one marketplace; for dry runs here"
    )
    user_concurrent_jobs: int = Field(
        default=5, ge=1, description="Jobs of one user that run at the same time; for dry runs here"
    )
    max_upload_bytes: int = Field(
        default=256_000_000, ge=1, description="Largest body of an upload, which is read as it arrives"
    )
    idempotency_key_hours: float = Field(
        default=24.0, gt=0, le=8760, description="How long an Idempotency-Key stands for the request it came with"
    )
    idempotency_lease_seconds: float = Field(
        default=60.0, ge=1, description="A key whose request was cut off by a crash can be used again after this time"
    )
    user_requests_per_minute: int = Field(
        default=60, ge=0, description="Requests of one user, over all API processes; 0 sets no limit"
    )
    user_collecting_requests_per_minute: int = Field(
        default=10, ge=0, description="Requests of one user that collect products, dry runs aside; 0 sets no limit"
    )
    max_streams_per_user: int = Field(
        default=20, ge=1, description="Live event streams that one user may hold open at one process"
    )
    webhooks_per_user: int = Field(default=20, ge=0, description="Webhooks that one user may have")
    schedules_per_user: int = Field(default=50, ge=0, description="Schedules that one user may have")
    max_items_per_scheduled_job: int = Field(
        default=10_000, ge=1, le=10_000, description="Most products of a job that a schedule makes"
    )
    schedule_timezone: str = Field(
        default="Asia/Tokyo", description="Time zone of schedules that name none (a name of the IANA database)"
    )
    event_heartbeat_seconds: float = Field(
        default=15.0, gt=0, description="A live stream says at least this often that it is alive"
    )
    event_poll_seconds: float = Field(
        default=1.0, gt=0, description="How often live streams look into the database while the broker is away"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins whose pages may call the API, separated by commas; none by default"
    )

    image_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("https://m.media-amazon.com", "https://images-na.ssl-images-amazon.com"),
        description="Where the dashboard may load pictures of products from, separated by commas; empty: it shows none",
    )

    @field_validator("image_hosts")
    @classmethod
    def only_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """They become part of a header: nothing but an origin is let in."""
        for host in value:
            if not _ORIGIN.fullmatch(host):
                raise ValueError(f"{host!r} is no origin like https://images.example")
        return value

    @field_validator("cors_origins", "image_hosts", mode="before")
    @classmethod
    def split_origins(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("jwt_secret")
    @classmethod
    def long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"needs at least {MIN_SECRET_BYTES} bytes")
        return value

    @field_validator("schedule_timezone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        zone(value)
        return value

    @model_validator(mode="after")
    def some_key(self) -> Self:
        if self.jwt_secret is None and self.jwks_url is None:
            raise ValueError("ASINFLOW_JWT_SECRET (at least 32 bytes) or ASINFLOW_JWKS_URL is required")
        return self

    @property
    def max_body_bytes(self) -> int:
        """The largest request body that is read."""
        return BODY_BYTES_BESIDES + BODY_BYTES_PER_ITEM * self.max_items_per_job
