"""The sample storefront seen from the outside: its faults and its log of requests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice, pairwise
from typing import Any

import httpx

from deploy.local.storefront.asins import nth_asin

JAPAN = "amazon.co.jp"
_numbers = count(1)


def fresh_asins(number: int) -> list[str]:
    """Products that no test has asked for yet, so that none is known from an earlier page."""
    return [nth_asin(each) for each in islice(_numbers, number)]


def unknown_asins(number: int) -> list[str]:
    """Codes that the storefront does not know."""
    return [f"B0404{each:05d}" for each in islice(_numbers, number)]


@dataclass(frozen=True)
class Request:
    """One request that reached a marketplace; `time` in seconds since the epoch."""

    time: float
    host: str
    path: str
    status: int

    @property
    def asin(self) -> str:
        return self.path.partition("?")[0].rpartition("/")[2]


class Storefront:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def requests(self, asins: Collection[str] | None = None) -> list[Request]:
        """All requests in order of arrival, or those for some products."""
        entries = self._client.get("/__storefront__/requests").raise_for_status().json()
        requests = [Request(**entry) for entry in entries]
        return requests if asins is None else [request for request in requests if request.asin in set(asins)]

    def forget_requests(self) -> None:
        self._client.delete("/__storefront__/requests").raise_for_status()

    @contextmanager
    def faults(self, plan: Mapping[str, Any]) -> Iterator[None]:
        """Answer shares of the requests badly while the block runs: `{"captcha": 0.1, "503": 0.1}`."""
        self._client.put("/__storefront__/faults", json=plan).raise_for_status()
        try:
            yield
        finally:
            self._client.delete("/__storefront__/faults").raise_for_status()


def gaps(requests: list[Request]) -> list[float]:
    """Seconds between consecutive requests."""
    return [later.time - earlier.time for earlier, later in pairwise(requests)]
