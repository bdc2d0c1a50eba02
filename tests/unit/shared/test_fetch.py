"""Fetching goes nowhere but to the marketplace, each hop in its turn, and says what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from shared.egress import Egress
from shared.errors import NoLongerWantedError, PermanentError
from shared.exits import Exit, Exits
from shared.fetch import MAX_REDIRECTS, Answer, Fetcher, parse_retry_after
from shared.pace import Pace
from shared.pacesteps import Limits
from shared.settings import FetchSettings
from tests.builders import HOME, asin
from tests.fakes import FakeClock
from tests.unit.shared.fake_database import FakeDatabase

SITE = f"https://www.{HOME}"
URL = f"{SITE}/dp/{asin(1)}"
Page = tuple[int, dict[str, str], bytes]


class Transport(httpx.AsyncBaseTransport):
    """Answers from a table; connecting takes `connect_seconds`, after which the request asks for its turn."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.connect_seconds = 0.0
        self.pages: dict[str, Page] = {}
        self.asked: list[httpx.Request] = []
        self.connected = 0
        self.sent_at: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.connected += 1
        await self.clock.sleep(self.connect_seconds)
        told = {"request": SimpleNamespace(method=request.method.encode())}
        await request.extensions["trace"]("http11.send_request_headers.started", told)
        self.asked.append(request)
        self.sent_at.append(self.clock.monotonic())
        status, headers, body = self.pages.get(str(request.url), (200, {}, b"page"))
        return httpx.Response(status, headers=headers, content=body)


class Fetching:
    def __init__(self, interval: float = 0.0, **settings: Any) -> None:
        self.clock = FakeClock()
        self.transport = Transport(self.clock)
        self.client = httpx.AsyncClient(transport=self.transport)
        self.pace = Pace(cast(Any, FakeDatabase(self.clock)), Limits(interval, 5.0, 60.0), self.clock)
        self.settings = FetchSettings(**settings)

    def fetcher(self) -> Fetcher:
        return Fetcher(Exits(self.pace, [Exit(Egress(), self.client)]), self.pace, self.settings)

    async def get(self, url: str = URL, wanted: Callable[[], bool] = lambda: True, *, within: float = 60.0) -> Answer:
        fetching = asyncio.create_task(self.fetcher().get(url, HOME, wanted))
        await self.clock.advance(within)
        if not fetching.done():
            fetching.cancel()
            raise AssertionError(f"no answer within {within} s")
        return await fetching

    def redirect(self, url: str, location: str, status: int = 302) -> None:
        self.transport.pages[url] = (status, {"location": location}, b"")

    @property
    def asked(self) -> list[str]:
        return [str(request.url) for request in self.transport.asked]


@pytest.fixture
def fetching() -> Fetching:
    return Fetching()


async def test_page_comes_with_all_that_is_told_of_it(fetching: Fetching) -> None:
    headers = {"content-type": "text/html; charset=Shift_JIS", "retry-after": "7"}
    fetching.transport.pages[URL] = (503, headers, b"busy")
    answer = await fetching.get()
    assert (answer.url, answer.status, answer.body) == (URL, 503, b"busy")
    assert (answer.content_type, answer.retry_after) == ("text/html; charset=Shift_JIS", 7.0)


async def test_request_says_who_asks_and_in_which_language() -> None:
    fetching = Fetching(user_agent="Tests/1.0 (+mailto:tests@example.com)")
    await fetching.get()
    [request] = fetching.transport.asked
    assert request.headers["user-agent"] == "Tests/1.0 (+mailto:tests@example.com)"
    assert request.headers["accept-language"].startswith("ja")
    assert "cookie" not in request.headers
    assert "x-forwarded-host" not in request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/dp/B000000002?th=1", f"{SITE}/dp/B000000002?th=1"),
        ("B000000002", f"{SITE}/dp/B000000002"),
        (f"//www.{HOME}/dp/B000000002", f"{SITE}/dp/B000000002"),
        (f"http://www.{HOME}/dp/B000000002#a", f"{SITE}/dp/B000000002"),
        (f"https://{HOME}/gp/x", f"https://{HOME}/gp/x"),
    ],
)
async def test_redirect_within_the_marketplace_is_followed(
    fetching: Fetching, status: int, location: str, expected: str
) -> None:
    fetching.redirect(URL, location, status)
    answer = await fetching.get()
    assert answer.url == expected
    assert fetching.asked == [URL, expected]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "https://www.amazon.de/dp/B000000002",
        f"https://www.{HOME}.evil.example/",
        f"https://www.{HOME}@evil.example/",
        f"https://evil-{HOME}/",
        f"https://www.{HOME}:8443/",
        f"ftp://www.{HOME}/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "file:///etc/passwd",
        *(
            (location)
            for location in (
                "javascript:alert(1)",
                "http://[broken",
                f"https://www.{HOME}:port/",
                f"https://www.{HOME}:99999999/",
            )
        ),
    ],
)
async def test_redirect_elsewhere_is_refused_unsent(fetching: Fetching, location: str) -> None:
    fetching.redirect(URL, location)
    with pytest.raises(PermanentError) as caught:
        await fetching.get()
    assert caught.value.code == "foreign_redirect"
    assert fetching.asked == [URL]


async def test_redirect_carries_no_credentials(fetching: Fetching) -> None:
    fetching.redirect(URL, f"https://user:password@www.{HOME}/x")
    await fetching.get()
    assert "authorization" not in fetching.transport.asked[-1].headers


async def test_redirects_without_end_are_given_up(fetching: Fetching) -> None:
    fetching.redirect(URL, URL)
    with pytest.raises(PermanentError) as caught:
        await fetching.get()
    assert caught.value.code == "too_many_redirects"
    assert len(fetching.asked) == MAX_REDIRECTS + 1


async def test_redirect_that_names_no_place_is_an_answer(fetching: Fetching) -> None:
    fetching.transport.pages[URL] = (302, {}, b"where?")
    assert (await fetching.get()).status == 302


async def test_upstream_takes_the_place_of_the_marketplace() -> None:
    fetching = Fetching(upstream_url="http://127.0.0.1:9999/base/")
    answer = await fetching.get(f"{SITE}/s?k=%E5%95%86&page=2")
    assert fetching.asked == ["http://127.0.0.1:9999/base/s?k=%E5%95%86&page=2"]
    assert fetching.transport.asked[0].headers["x-forwarded-host"] == f"www.{HOME}"
    assert answer.url == f"{SITE}/s?k=%E5%95%86&page=2"


@pytest.mark.parametrize("location", ["/dp/B000000002", "http://127.0.0.1:9999/dp/B000000002", f"{SITE}/dp/B000000002"])
async def test_redirect_of_an_upstream_stays_there(location: str) -> None:
    fetching = Fetching(upstream_url="http://127.0.0.1:9999")
    fetching.redirect(f"http://127.0.0.1:9999/dp/{asin(1)}", location)
    assert (await fetching.get()).url == f"{SITE}/dp/B000000002"
    assert fetching.asked[1] == "http://127.0.0.1:9999/dp/B000000002"


async def test_each_hop_waits_for_its_turn() -> None:
    fetching = Fetching(interval=2.0)
    fetching.redirect(URL, "/one")
    fetching.redirect(f"{SITE}/one", "/two")
    await fetching.get()
    first, second, third = fetching.transport.sent_at
    assert second - first >= 2.0
    assert third - second >= 2.0


async def test_nothing_is_sent_that_is_no_longer_wanted() -> None:
    fetching = Fetching(interval=2.0)
    await fetching.get()
    with pytest.raises(NoLongerWantedError):
        await fetching.get(wanted=lambda: False)
    assert len(fetching.asked) == 1


async def test_wish_is_asked_at_the_moment_of_sending() -> None:
    fetching = Fetching(interval=10.0)
    await fetching.get(within=0.5)
    asked_at: list[float] = []

    def wanted() -> bool:
        asked_at.append(fetching.clock.monotonic())
        return True

    await fetching.get(wanted=wanted)
    assert asked_at == [fetching.transport.sent_at[-1]]


@pytest.mark.parametrize("interval", [0.05, 2.0, (10.0)])
async def test_slow_connecting_never_keeps_a_request_from_being_sent(interval: float) -> None:
    """As from another continent: the handshakes alone take longer than a slot is prepared ahead."""
    fetching = Fetching(interval=interval)
    fetching.transport.connect_seconds = 0.6
    await fetching.get(within=10 * interval + 10)


async def test_slow_connecting_while_others_wait_never_starves() -> None:
    fetching = Fetching(interval=2.0)
    fetching.transport.connect_seconds = 0.6
    others = [asyncio.create_task(fetching.fetcher().get(URL, HOME, lambda: True)) for _ in range(8)]
    await fetching.clock.advance(60.0)
    assert [task.done() for task in others] == [True] * 8


async def test_page_too_large_is_refused() -> None:
    fetching = Fetching(page_max_bytes=100)
    fetching.transport.pages[URL] = (200, {}, b"x" * 101)
    with pytest.raises(PermanentError) as caught:
        await fetching.get()
    assert caught.value.code == "page_too_large"


NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120.0),
        ("Mon, 23 Nov 2026 12:02:00", 120.0),
        ("Mon, 23 Nov 2026 21:02:00 +0900", 120.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Mon, 99 Nov 99999 12:00:00 GMT", None),
    ],
)
def test_wait_asked_for_is_read_as_the_rfc_writes_it(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOON) == seconds


def test_absurd_wait_is_a_number_all_the_same() -> None:
    assert parse_retry_after("9" * 400, NOON) < float("inf")  # type: ignore[operator]  # None would fail as well
