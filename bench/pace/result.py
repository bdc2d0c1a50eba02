"""What a measurement of the pace says. Pure."""

from __future__ import annotations

from typing_extensions import TypedDict

from bench.pace.arrivals import Judged


class Round(Judged):
    """Besides, the collectors' own lags, and their slots by what became of them."""

    collectors: int
    lag_p50: float
    lag_p99: float
    slots: dict[str, int]


class Row(TypedDict):
    collectors: int
    share_used: float
    least_share: float
    most_share: float
    too_early: int
    requests: int
    shortest_gap: float
    lag_p50: float
    lag_p99: float
    missed: int


class Reservation(TypedDict):
    reservations: int
    client_cpu_us: float
    database_cpu_us: float
    milliseconds: float
    per_second: float


class Result(TypedDict):
    interval_seconds: float
    permitted_share: float
    rows: list[Row]
    reservation: Reservation
    rounds: list[Round]
