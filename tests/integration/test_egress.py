"""Fetching through proxies: real sockets, a tiny forward proxy, the pace in a real database."""

from __future__ import annotations

import asyncio
import contextlib
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from pydantic import SecretStr

from shared.clock import SystemClock
from shared.errors import RetryableError
from shared.fetch import Answer, Fetcher, open_fetcher
from shared.html_source import HtmlSource, parser_threads
from shared.mongo import connect
from shared.pace import Pace
from shared.pacesteps import Limits
from shared.settings import FetchSettings
from tests.builders import HOME

PAGE = f"https://www.{HOME}/dp/B000000001"
PASSWORD = "hunter2"
CAPTCHA = b"<html><body><form action='/errors/validateCaptcha'><input name='amzn'></form></body></html>"


class Proxy:
    """A forward proxy that answers itself, in the place of whatever it is asked to reach."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[tuple[float, list[str]]] = []
        self.page = b"<html></html>"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                self.requests.append((time.monotonic(), head))
                if head[0].startswith("CONNECT"):
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    return
                length = len(self.page)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n" % length)
                writer.write(self.page)
                await writer.drain()

    @property
    def first_lines(self) -> list[str]:
        return [head[0] for _, head in self.requests]


@asynccontextmanager
async def proxies(count: int = 2) -> AsyncIterator[list[Proxy]]:
    made = [Proxy() for _ in range(count)]
    async with contextlib.AsyncExitStack() as stack:
        for proxy in made:
            server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
            proxy.port = server.sockets[0].getsockname()[1]
            stack.callback(server.close)
        yield made


def names(*ports: int) -> SecretStr:
    return SecretStr(",".join(f"p{n}=http://me:{PASSWORD}@127.0.0.1:{port}" for n, port in enumerate(ports)))


Open = Callable[..., AbstractAsyncContextManager[tuple[Fetcher, Pace]]]


@pytest.fixture
def opened(mongo_url: str, mongo_database: str) -> Open:
    @asynccontextmanager
    async def opened(*ports: int, interval: float = 0.2, **changes: object) -> AsyncIterator[tuple[Fetcher, Pace]]:
        values: dict[str, object] = {"upstream_url": "http://shop.invalid", "egress": names(*ports)}
        settings = FetchSettings(**{**values, **changes})  # type: ignore[arg-type]
        async with connect(mongo_url, mongo_database, app="test") as database:
            pace = Pace(database, Limits(interval, 60.0, 60.0), SystemClock())
            async with open_fetcher(settings, pace) as fetcher:
                yield fetcher, pace

    return opened


async def get(fetcher: Fetcher, wanted: Callable[[], bool] = lambda: True) -> Answer:
    return await fetcher.get(PAGE, HOME, wanted)


async def test_requests_leave_by_all_proxies_each_at_the_pace(opened: Open) -> None:
    async with proxies() as made, opened(*(proxy.port for proxy in made), interval=0.4) as (fetcher, _):
        answers = await asyncio.gather(*(get(fetcher) for _ in range(8)))
        assert sorted(answer.line for answer in answers) == [f"{HOME}@p0"] * 4 + [f"{HOME}@p1"] * 4
        for proxy in made:
            moments = [at for at, _ in proxy.requests]
            assert len(moments) == 4
            assert moments[-1] - moments[0] >= 3 * 0.4 - 0.2


async def test_proxy_is_told_the_password_and_nobody_else(opened: Open, capsys: pytest.CaptureFixture[str]) -> None:
    async with proxies(1) as made, opened(made[0].port) as (fetcher, pace):
        await get(fetcher)
        await pace.block(f"{HOME}@p0", "captcha")
        head = made[0].requests[0][1]
    assert head[0] == "GET http://shop.invalid/dp/B000000001 HTTP/1.1"
    assert f"Proxy-Authorization: Basic {b64encode(f'me:{PASSWORD}'.encode()).decode()}" in head
    assert f"X-Forwarded-Host: www.{HOME}" in head
    assert PASSWORD not in "".join(capsys.readouterr())


async def test_blocked_egress_rests_while_the_other_one_works(opened: Open) -> None:
    async with proxies() as made, opened(*(proxy.port for proxy in made)) as (fetcher, pace):
        made[0].page = CAPTCHA
        with parser_threads(1) as executor:
            source = HtmlSource(fetcher, pace, executor)
            asked = [source.listing(PAGE, HOME, lambda: True) for _ in range(6)]
            await asyncio.gather(*asked, return_exceptions=True)
            await asyncio.gather(*(get(fetcher) for _ in range(4)))
        # Those that were under way already; from then on everything leaves by the other.
        assert len(made[0].requests) <= 3
        assert len(made[1].requests) >= 7


async def test_dead_proxy_is_set_aside(opened: Open) -> None:
    async with proxies(1) as made, opened(1, made[0].port, interval=0.05) as (fetcher, _):
        outcomes = [await asyncio.gather(get(fetcher), return_exceptions=True) for _ in range(6)]
        failed = [each for [each] in outcomes if isinstance(each, RetryableError)]
        assert [error.code for error in failed] == ["connection"]
        assert len(made[0].requests) == 5


async def test_tunnel_is_made_before_the_turn_is_taken(opened: Open) -> None:
    """Whoever counts the CONNECT as the request sends the request itself outside its slot."""
    asked: list[bool] = []

    def wanted() -> bool:
        asked.append(True)
        return True

    async with proxies(1) as made, opened(made[0].port, upstream_url=None) as (fetcher, _):
        with pytest.raises(RetryableError):  # this proxy leads nowhere: the handshake fails
            await get(fetcher, wanted)
        assert made[0].first_lines[0] == f"CONNECT www.{HOME}:443 HTTP/1.1"
    assert asked == []
