"""Prometheus and Alertmanager, asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Watcher:
    prometheus: httpx.Client
    alertmanager: httpx.Client

    @classmethod
    @contextmanager
    def at(cls, endpoints: Mapping[str, str]) -> Iterator[Watcher]:
        with (
            httpx.Client(base_url=endpoints["PROMETHEUS_URL"]) as prometheus,
            httpx.Client(base_url=endpoints["ALERTMANAGER_URL"]) as alertmanager,
        ):
            yield cls(prometheus, alertmanager)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What the expression is now; it must be a valid one."""
        answer = self.prometheus.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, f"{expression}\n{answer.text}"
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def series(self, match: str) -> list[dict[str, str]]:
        """The labels of every series that matches."""
        answer = self.prometheus.get("/api/v1/series", params={"match[]": match}).raise_for_status()
        found: list[dict[str, str]] = answer.json()["data"]
        return found

    def firing(self) -> set[str]:
        """The alerts that Prometheus says fire now."""
        alerts = self.prometheus.get("/api/v1/alerts").raise_for_status().json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def notified(self) -> set[str]:
        """The alerts that Alertmanager was told of and has not heard the end of."""
        alerts = self.alertmanager.get("/api/v2/alerts").raise_for_status().json()
        return {alert["labels"]["alertname"] for alert in alerts}
