"""What a measurement of collecting says. Pure."""

from __future__ import annotations

from typing_extensions import TypedDict

OURS, SCRAPY, BARE = "Asinflow", "Scrapy", "bare loop"


class Turn(TypedDict):
    round: int
    name: str
    encoding: str
    pages: int
    seconds: float
    cpu_seconds: float
    pages_per_core_second: float


class Row(TypedDict):
    """Medians of one contestant's turns; of the speed also the extremes."""

    pages_per_core_second: float
    slowest: float
    fastest: float
    cpu_milliseconds_a_page: float
    pages_per_second: float


class Encoding(TypedDict):
    rows: dict[str, Row]
    times_scrapy: float
    share_of_bare: float


class Peak(TypedDict):
    in_flight: int
    idle_megabytes: float
    peak_megabytes: float


class Memory(TypedDict):
    rows: list[Peak]
    megabytes_per_page_in_flight: float
    idle_megabytes: float


class Result(TypedDict):
    page_bytes: int
    bytes_sent: dict[str, float]
    pages_a_turn: int
    rounds: int
    fields_alike: float
    encodings: dict[str, Encoding]
    memory: Memory
    turns: list[Turn]
