"""What a measurement of latency says. Pure."""

from __future__ import annotations

from typing_extensions import TypedDict


class Spread(TypedDict):
    """Seconds."""

    count: int
    p50: float
    p99: float
    longest: float


class Load(TypedDict):
    """The large job beside: how fast it went, and how late its progress was told."""

    items_per_second: float
    progress_lag: Spread


class Rate(TypedDict):
    requests: int
    per_second: float
    taken: Spread
    api_cpu_us: float


class CrowdTurn(TypedDict):
    round: int
    listeners: int
    seconds: float
    pages_per_second: float
    api_cpu_seconds: float
    frames: int
    lag: Spread | None


class Crowd(TypedDict):
    listeners: int
    pages: int
    alone_pages_per_second: float
    followed_pages_per_second: float
    slower: float
    frames_per_second: float
    api_cpu_us_per_frame: float
    lag: Spread
    turns: list[CrowdTurn]


class Result(TypedDict):
    alone: dict[str, Spread]
    under_load: dict[str, Spread]
    load: Load
    cancel_to_last_fetch: Spread
    api: dict[str, Rate]
    crowd: Crowd
