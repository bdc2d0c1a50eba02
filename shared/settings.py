"""Settings common to all processes; each service adds its own in `services/<name>/settings.py`."""

from __future__ import annotations

import os
import socket
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.amazon.marketplaces import MARKETPLACES
from shared.errors import AsinflowError


class SettingsError(AsinflowError):
    """A setting is missing or wrong; the message names the variable and what it takes."""

    code = "settings"


class Settings(BaseSettings):
    """Read from environment variables prefixed `ASINFLOW_`."""

    model_config = SettingsConfigDict(env_prefix="ASINFLOW_", frozen=True, extra="ignore")

    amqp_url: SecretStr = Field(
        default=SecretStr("amqp://guest:guest@127.0.0.1:5672/"), description="Address of RabbitMQ (amqp:// or amqps://)"
    )
    mongo_url: SecretStr = Field(
        default=SecretStr("mongodb://127.0.0.1:27017/"), description="Address of MongoDB 7 or later"
    )
    mongo_database: str = Field(default="asinflow", min_length=1, max_length=63, description="Name of the database")
    instance: str = Field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}",
        description="Name of this process in logs, leases and broker connections",
    )
    http_host: str = Field(default="0.0.0.0", description="Address to serve HTTP on")  # noqa: S104  a pod's own
    http_port: int = Field(default=8080, ge=0, le=65535, description="Port to serve HTTP on (0 takes a free one)")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least severity logged")
    log_format: Literal["json", "console"] = Field(default="json", description="json for machines, console for people")
    shutdown_seconds: float = Field(
        default=20.0, gt=0, description="Time from SIGTERM within which work in hand is finished or returned"
    )
    exit_after_disconnected_seconds: float = Field(
        default=600.0, gt=0, description="A process that cannot reach the broker for so long exits, to be started anew"
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises SettingsError with one line per wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            lines = [f"ASINFLOW_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
            raise SettingsError("; ".join(lines)) from error


class MarketplaceSettings(Settings):
    """For processes that deal with marketplaces."""

    marketplaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=tuple(MARKETPLACES), min_length=1, description="Marketplaces served, separated by commas"
    )
    default_marketplace: str = Field(
        default="amazon.co.jp", description="Marketplace of an ASIN or keyword given without one"
    )

    @field_validator("marketplaces", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("marketplaces", "default_marketplace")
    @classmethod
    def known(cls, value: tuple[str, ...] | str) -> tuple[str, ...] | str:
        for name in (value,) if isinstance(value, str) else value:
            if name not in MARKETPLACES:
                raise ValueError(f"{name!r} is no known marketplace; known are {', '.join(MARKETPLACES)}")
        return value


class FetchSettings(MarketplaceSettings):
    """For processes that fetch from marketplaces: the pace and the limits of one request."""

    upstream_url: str | None = Field(
        default=None,
        description="When set, every marketplace fetch goes to this base address, the real host in X-Forwarded-Host",
    )
    interval_seconds: float = Field(
        default=2.0, ge=0, le=3600, description="Least time between two requests to one marketplace, over all processes"
    )
    block_pause_seconds: float = Field(
        default=5.0, ge=0, description="Pause of a marketplace after its first block; doubles with each further one"
    )
    block_pause_max_seconds: float = Field(default=300.0, ge=0, description="Longest pause after a block")
    user_agent: str = Field(
        default="Asinflow/0.1 (+https://example.com/contact)",
        min_length=1,
        description="What the collector calls itself; name a way to contact you",
    )
    fetch_timeout_seconds: float = Field(default=30.0, gt=0, description="Longest time for one page, body included")
    connect_timeout_seconds: float = Field(default=10.0, gt=0, description="Longest time to connect")
    page_max_bytes: int = Field(default=8_000_000, gt=0, description="Largest page accepted, after decompression")
    parser_threads: int = Field(default=1, ge=1, le=16, description="Threads that parse pages")
