"""Settings common to all processes; each service adds its own in `services/<name>/settings.py`."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.amazon.marketplaces import MARKETPLACES
from shared.creators.regions import REGION_OF, Region
from shared.egress import Egress, parse_egress
from shared.errors import AsinflowError
from shared.pacesteps import Limits
from shared.validation import sentence

SourceName = Literal["html", "creators"]
Pairs = tuple[tuple[str, str], ...]
# Versions of Creators API credentials: the family (2: Cognito, 3: Login with Amazon), then the region.
CREATORS_VERSIONS = ("2.1", "2.2", "2.3", "3.1", "3.2", "3.3")
CREATORS_URL = "https://creatorsapi.amazon"
# Products that one call of the Creators API asks for at most.
CREATORS_ITEMS = 10
# From the last byte of a page until it is understood.
PROBE_MARGIN_SECONDS = 5.0


class SettingsError(AsinflowError):
    """A setting is missing or wrong; the message names the variable and what it takes."""

    code = "settings"


def _told(place: tuple[int | str, ...], message: str) -> str:
    """One complaint; a rule about several settings names them itself."""
    return f"ASINFLOW_{'.'.join(map(str, place)).upper()}: {message}" if place else message


class Settings(BaseSettings):
    """Read from environment variables prefixed `ASINFLOW_`."""

    model_config = SettingsConfigDict(env_prefix="ASINFLOW_", frozen=True, extra="ignore")

    amqp_url: SecretStr = Field(
        default=SecretStr("amqp://guest:guest@127.0.0.1:5672/"),
        description="Address of RabbitMQ (amqp:// or amqps://), or of the nodes of one cluster, separated by commas",
    )
    mongo_url: SecretStr = Field(
        default=SecretStr("mongodb://127.0.0.1:27017/"), description="Address of MongoDB 7 or later"
    )
    mongo_database: str = Field(default="asinflow", min_length=1, max_length=63, description="Name of the database")
    instance: str = Field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}",
        description="Name of this process in logs, leases and broker connections",
    )
    revision: str = Field(
        default="unknown",
        pattern=r"^[0-9A-Za-z._+-]{1,64}$",
        description="Commit that this was built from, for `asinflow_build_info`; images know it",
    )
    http_host: str = Field(default="0.0.0.0", description="Address to serve HTTP on")  # noqa: S104  a pod's own
    http_port: int = Field(default=8080, ge=0, le=65535, description="Port to serve HTTP on (0 takes a free one)")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least severity logged")
    log_format: Literal["json", "console"] = Field(default="json", description="json for machines, console for people")
    otlp_endpoint: str | None = Field(
        default=None,
        description="Where traces go by OTLP over HTTP, e.g. http://tempo:4318/v1/traces; needs the extra tracing",
    )
    trace_sample_ratio: float = Field(
        default=0.1, ge=0, le=1, description="Share of traces begun here that is sent; a client's own decision counts"
    )
    shutdown_seconds: float = Field(
        default=20.0, gt=0, description="Time from SIGTERM within which work in hand is finished or returned"
    )
    exit_after_disconnected_seconds: float = Field(
        default=600.0, gt=0, description="A process that cannot reach the broker for so long exits, to be started anew"
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def tracing_is_installed(cls, value: str | None) -> str | None:
        if value is not None and find_spec("opentelemetry.sdk") is None:
            raise ValueError("sending traces needs the extra tracing: pip install 'asinflow[tracing]'")
        return value

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises SettingsError with one line per wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            lines = [_told(e["loc"], sentence(e)) for e in error.errors()]
            raise SettingsError("; ".join(lines)) from error


def _usual_marketplace(validated: dict[str, Any]) -> str:
    """amazon.co.jp where it is served, else the first one that is."""
    served: tuple[str, ...] = validated.get("marketplaces") or tuple(MARKETPLACES)
    return "amazon.co.jp" if "amazon.co.jp" in served else served[0]


class MarketplaceSettings(Settings):
    """For processes that deal with marketplaces."""

    marketplaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=tuple(MARKETPLACES), min_length=1, description="Marketplaces served, separated by commas"
    )
    default_marketplace: str = Field(
        default_factory=_usual_marketplace, description="Marketplace of an ASIN or keyword given without one"
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

    @model_validator(mode="after")
    def default_is_served(self) -> Self:
        if self.default_marketplace not in self.marketplaces:
            raise ValueError(
                f"ASINFLOW_DEFAULT_MARKETPLACE: {self.default_marketplace!r} is not among ASINFLOW_MARKETPLACES"
            )
        return self


class WebhookSettings(Settings):
    """For processes that know where webhooks may lead."""

    webhook_trusted: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Receivers inside that webhooks may lead to, as http(s)://host[:port], separated by commas;"
        " any other must be https and of the open internet",
    )
    deliveries_days: float = Field(default=30.0, ge=5, le=3650, description="How long deliveries to webhooks are kept")

    @field_validator("webhook_trusted", mode="before")
    @classmethod
    def split_trusted(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("webhook_trusted")
    @classmethod
    def origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
                raise ValueError("each entry is http(s)://host[:port]")
        return value


class ProfitSettings(Settings):
    """For processes that work out what a resale leaves."""

    profit_tables: Path | None = Field(default=None, description="Folder whose tables replace the bundled ones")
    frankfurter_url: str = Field(
        default="https://api.frankfurter.dev", description="First source of exchange rates; empty switches it off"
    )
    open_er_api_url: str = Field(
        default="https://open.er-api.com", description="Second source of exchange rates; empty switches it off"
    )


class SourceSettings(MarketplaceSettings):
    """For processes that ask marketplaces: by their pages, or by Amazon's Creators API with credentials per region."""

    creators_na_id: str | None = Field(default=None, description="Creators API: credential id for North America")
    creators_na_secret: SecretStr | None = Field(default=None, description="Creators API: its secret")
    creators_na_version: str | None = Field(default=None, description="Creators API: its version, such as 3.1")
    creators_eu_id: str | None = Field(
        default=None, description="Creators API: credential id for Europe, India and the Middle East"
    )
    creators_eu_secret: SecretStr | None = Field(default=None, description="Creators API: its secret")
    creators_eu_version: str | None = Field(default=None, description="Creators API: its version, such as 3.2")
    creators_fe_id: str | None = Field(
        default=None, description="Creators API: credential id for Japan, Singapore and Australia"
    )
    creators_fe_secret: SecretStr | None = Field(default=None, description="Creators API: its secret")
    creators_fe_version: str | None = Field(default=None, description="Creators API: its version, such as 3.3")
    creators_tags: Annotated[Pairs, NoDecode] = Field(
        default=(),
        description="Creators API: partner tag per marketplace, e.g. amazon.co.jp=mine-22,amazon.com=mine-20",
    )
    creators_interval_seconds: float = Field(
        default=1.0, ge=0, le=3600, description="Creators API: least time between two calls for one marketplace"
    )
    creators_url: str = Field(default=CREATORS_URL, description="Creators API: base address")
    creators_token_url: str | None = Field(
        default=None, description="Creators API: address that gives tokens, when it is not the one of the version"
    )
    sources: Annotated[tuple[tuple[str, SourceName], ...], NoDecode] = Field(
        default=(), description="How marketplaces are asked when not by their pages, e.g. amazon.co.jp=creators"
    )

    @field_validator("creators_tags", "sources", mode="before")
    @classmethod
    def split_pairs(cls, value: object) -> object:
        return split_pairs(value) if isinstance(value, str) else value

    @field_validator("creators_na_version", "creators_eu_version", "creators_fe_version")
    @classmethod
    def known_version(cls, value: str | None) -> str | None:
        if value is not None and value not in CREATORS_VERSIONS:
            raise ValueError(f"{value!r} is no known version; known are {', '.join(CREATORS_VERSIONS)}")
        return value

    @field_validator("sources")
    @classmethod
    def complete(cls, value: tuple[tuple[str, SourceName], ...], info: ValidationInfo) -> object:
        """Whoever asks by the Creators API needs a region's credentials and a tag."""
        tags = dict(info.data.get("creators_tags", ()))
        for marketplace, source in value:
            if source == "creators":
                _require_credentials(marketplace, info.data, tags)
        return value

    def source_of(self, marketplace: str) -> SourceName:
        return dict(self.sources).get(marketplace, "html")


def split_pairs(text: str) -> Pairs:
    """`amazon.co.jp=a,amazon.com=b` as pairs. Raises ValueError for another form or an unknown marketplace."""
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (word.strip() for word in part.partition("="))
        if not separator or not value:
            raise ValueError("give marketplace=value, separated by commas")
        if name not in MARKETPLACES:
            raise ValueError(f"{name!r} is no known marketplace; known are {', '.join(MARKETPLACES)}")
        pairs[name] = value
    return tuple(pairs.items())


def _require_credentials(marketplace: str, values: Mapping[str, object], tags: Mapping[str, str]) -> None:
    region = REGION_OF.get(marketplace)
    if region is None:
        raise ValueError(f"{marketplace} has no Creators API; those that have are {', '.join(REGION_OF)}")
    names = credential_fields(region)
    missing = [f"ASINFLOW_{name.upper()}" for name in names if not values.get(name)]
    if marketplace not in tags:
        missing.append(f"ASINFLOW_CREATORS_TAGS with {marketplace}=your-tag")
    if missing:
        raise ValueError(f"{marketplace}=creators needs {', '.join(missing)}")
    if find_spec("amazon_creatorsapi") is None:
        raise ValueError(f"{marketplace}=creators needs the extra amazon-api: pip install 'asinflow[amazon-api]'")


def credential_fields(region: Region) -> tuple[str, str, str]:
    """The settings that hold a region's credential id, secret and version."""
    return f"creators_{region}_id", f"creators_{region}_secret", f"creators_{region}_version"


class FetchSettings(SourceSettings):
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
    circuit_blocks: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Blocks in a row after which one request alone tries whether a marketplace answers again",
    )
    block_hold_seconds: float = Field(
        default=30.0,
        ge=0,
        le=600,
        description="Longest pause during which work is kept in hand; in a longer one nothing is taken off the queue",
    )
    user_agent: str = Field(
        default="Asinflow/0.1 (+https://example.com/contact)",
        min_length=1,
        description="What the collector calls itself; name a way to contact you",
    )
    fetch_timeout_seconds: float = Field(default=30.0, gt=0, description="Longest time for one page, body included")
    connect_timeout_seconds: float = Field(default=10.0, gt=0, description="Longest time to connect")
    page_max_bytes: int = Field(default=8_000_000, gt=0, description="Largest page accepted, after decompression")
    page_samples: int = Field(
        default=25,
        ge=0,
        le=1000,
        description="Pages kept per marketplace and reason when their layout seems to have changed; 0 keeps none",
    )
    page_sample_days: float = Field(default=14.0, gt=0, le=3650, description="How long such a page is kept")
    page_sample_seconds: float = Field(default=600.0, gt=0, description="Least time from one such page to the next")
    parser_threads: int = Field(default=1, ge=1, le=16, description="Threads that parse pages")
    egress: SecretStr | None = Field(
        default=None,
        description="Ways out: direct, or name=http://[user:password@]host:port of a proxy, separated by commas;"
        " each has a pace of its own, so it must lead to an address of its own",
    )

    @field_validator("upstream_url")
    @classmethod
    def nothing_leaves(cls, value: str | None, info: ValidationInfo) -> str | None:
        """With pages from elsewhere, the Creators API must be elsewhere, too."""
        by_api = any(source == "creators" for _, source in info.data.get("sources", ()))
        if (
            value
            and by_api
            and (info.data.get("creators_url") == CREATORS_URL or not info.data.get("creators_token_url"))
        ):
            raise ValueError("with creators among ASINFLOW_SOURCES, set ASINFLOW_CREATORS_URL and _TOKEN_URL as well")
        return value

    @field_validator("egress")
    @classmethod
    def sound_egress(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_egress(value.get_secret_value())
        return value

    def limits(self, interval_seconds: float) -> Limits:
        """The pace at this interval; a request that tries has as long as any, and a little more to be understood."""
        longest = self.connect_timeout_seconds + self.fetch_timeout_seconds
        return Limits(
            interval_seconds,
            self.block_pause_seconds,
            self.block_pause_max_seconds,
            self.circuit_blocks,
            longest + PROBE_MARGIN_SECONDS,
            self.block_hold_seconds,
        )

    @property
    def ways_out(self) -> tuple[Egress, ...]:
        """The configured egress; at least the direct one."""
        return parse_egress(self.egress.get_secret_value() if self.egress else "")

    def item_seconds(self, marketplace: str) -> float:
        """Time of the pace per product, at best: a call of the Creators API has ten, every way out its own pace."""
        if self.source_of(marketplace) == "creators":
            return self.creators_interval_seconds / CREATORS_ITEMS
        return self.interval_seconds / len(self.ways_out)
