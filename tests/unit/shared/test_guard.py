"""Nothing is fetched from a machine inside, whatever its name says and however it is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import httpcore
import httpx
import pytest

from shared.fetch import open_client
from shared.guard import ForbiddenAddressError, GuardedBackend, endpoint_of, guarded_transport, is_public
from shared.settings import FetchSettings

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104  nothing is bound to it
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "2002:c0a8:101::",
    "2001:0:7f00:1::1",
]
OUTSIDE = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_are_allowed(address: str) -> None:
    assert is_public(address)


class Network(httpcore.AsyncNetworkBackend):
    """Notes where connections would go; none is made to the `dead`."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        if host in self.dead:
            raise httpcore.ConnectError("dead")
        return httpcore.AsyncMockStream([])


class Names:
    """A name service whose answers are given one after the other; the last one stays."""

    def __init__(self, *answers: Iterable[str]) -> None:
        self.answers = [list(answer) for answer in answers]
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def test_connection_is_made_to_the_address_that_was_checked() -> None:
    """A name that leads elsewhere a moment later (DNS rebinding) is not asked again."""
    network, names = Network(), Names(["8.8.8.8"], ["127.0.0.1"])
    await GuardedBackend(resolve=names, inner=network).connect_tcp("rebound.example", 443)
    assert (network.asked, names.asked) == (["8.8.8.8"], 1)


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254"])
async def test_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    network = Network()
    with pytest.raises(ForbiddenAddressError):
        await GuardedBackend(resolve=Names([address]), inner=network).connect_tcp("inside.example", 80)
    assert network.asked == []


async def test_only_the_public_ones_of_several_addresses_are_tried() -> None:
    network = Network("2606:4700::1111")
    names = Names(["10.0.0.1", "2606:4700::1111", "8.8.8.8"])
    await GuardedBackend(resolve=names, inner=network).connect_tcp("mixed.example", 443, timeout=5)
    assert network.asked == ["2606:4700::1111", "8.8.8.8"]


async def test_name_without_address_cannot_be_connected_to() -> None:
    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    for names in (unknown, Names([])):
        with pytest.raises(httpcore.ConnectError):
            await GuardedBackend(resolve=names, inner=Network()).connect_tcp("nowhere.example", 443)


async def test_slow_name_service_counts_as_connecting() -> None:
    async def hanging(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(httpcore.ConnectTimeout):
        await GuardedBackend(resolve=hanging, inner=Network()).connect_tcp("slow.example", 443, timeout=0.01)


async def test_endpoint_of_the_configuration_is_trusted_with_its_port() -> None:
    network, names = Network(), Names(["127.0.0.1"])
    backend = GuardedBackend([("127.0.0.1", 8001)], resolve=names, inner=network)
    await backend.connect_tcp("127.0.0.1", 8001)
    assert (network.asked, names.asked) == (["127.0.0.1"], 0)
    with pytest.raises(ForbiddenAddressError):
        await backend.connect_tcp("127.0.0.1", 8002)


async def test_sockets_of_this_machine_are_out_of_reach() -> None:
    with pytest.raises(ForbiddenAddressError):
        await GuardedBackend().connect_unix_socket("/run/docker.sock")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:8001/base", ("127.0.0.1", 8001)),
        ("https://user:pass@Proxy.example", ("proxy.example", 443)),
        ("http://[::1]", ("::1", 80)),
    ],
)
def test_endpoint_is_read_off_an_address(url: str, endpoint: tuple[str, int]) -> None:
    assert endpoint_of(url) == endpoint


@pytest.fixture
async def inside() -> AsyncIterator[int]:
    """The port of a server on this machine that answers whatever comes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"])
async def test_real_client_reaches_nothing_inside(inside: int, host: str) -> None:
    """In whatever way the address is written; some of these are names that nobody knows, on some machines."""
    async with httpx.AsyncClient(transport=guarded_transport()) as client:
        with pytest.raises((ForbiddenAddressError, httpx.ConnectError)):
            await client.get(f"http://{host}:{inside}/")


async def test_real_client_reaches_what_the_configuration_names(inside: int) -> None:
    url = f"http://127.0.0.1:{inside}"
    async with httpx.AsyncClient(transport=guarded_transport(url)) as client:
        assert (await client.get(url)).text == "secret"


async def test_real_client_goes_through_the_proxy_that_is_set(inside: int) -> None:
    """The proxy is trusted, and it is the one that is spoken to."""
    transport = guarded_transport(proxy=f"http://127.0.0.1:{inside}")
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get("http://anything.example/")).text == "secret"


async def test_fetching_is_guarded(inside: int) -> None:
    settings = FetchSettings(connect_timeout_seconds=2)
    async with open_client(settings) as client:
        with pytest.raises(ForbiddenAddressError):
            await client.get(f"http://localhost:{inside}/dp/B000000001")
    async with open_client(FetchSettings(upstream_url=f"http://127.0.0.1:{inside}")) as client:
        assert (await client.get(f"http://127.0.0.1:{inside}/")).text == "secret"
