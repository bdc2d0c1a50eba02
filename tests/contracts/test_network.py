"""Connections over the event loop do what those of httpcore's own backend do, over TCP and TLS, by real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from httpcore import AsyncNetworkBackend, AsyncNetworkStream

from shared.sockets import ENOUGH_BYTES, LoopBackend

LOOPBACK = "127.0.0.1"
NAME = "shop.example"
SECONDS = 10.0
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(params=[httpcore.AnyIOBackend, LoopBackend])
def backend(request: pytest.FixtureRequest) -> AsyncNetworkBackend:
    made: AsyncNetworkBackend = request.param()
    return made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of NAME, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    path.write_bytes(made.public_bytes(encoding) + secret)
    return path


@asynccontextmanager
async def server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Its port. Whoever is served still when the block ends is cut off."""
    serving: list[asyncio.Task[None]] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await serve(reader, writer)
        writer.transport.abort()

    listening = await asyncio.start_server(serve_one, LOOPBACK, 0, ssl=tls)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def ignore(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def read_all(stream: AsyncNetworkStream, number: int) -> bytes:
    read = b""
    while len(read) < number and (piece := await stream.read(1_000, SECONDS)):
        assert len(piece) <= 1_000
        read += piece
    return read


async def until_readable(stream: AsyncNetworkStream) -> None:
    async with asyncio.timeout(SECONDS):
        while not stream.get_extra_info("is_readable"):  # noqa: ASYNC110  the interface tells of it only when asked
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("number", [1, 70_000, 5 * ENOUGH_BYTES])
async def test_what_is_sent_arrives_in_order_and_in_pieces_of_the_size_asked_for(
    backend: AsyncNetworkBackend, number: int
) -> None:
    sent = bytes(each % 251 for each in range(number))
    async with server(echo) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        writing = asyncio.create_task(stream.write(sent, SECONDS))
        assert await read_all(stream, number) == sent
        await writing
        await stream.aclose()


async def test_the_end_is_an_empty_read_after_all_data(backend: AsyncNetworkBackend) -> None:
    async def bid_farewell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"farewell")
        writer.close()
        await writer.wait_closed()

    async with server(bid_farewell) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        assert await read_all(stream, 100) == b"farewell"
        assert await stream.read(100, SECONDS) == b""
        await stream.aclose()


async def test_idle_connection_is_readable_once_the_other_side_has_closed_it(backend: AsyncNetworkBackend) -> None:
    leave = asyncio.Event()

    async def close_when_told(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await leave.wait()
        writer.close()

    async with server(close_when_told) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        assert not stream.get_extra_info("is_readable")
        leave.set()
        await until_readable(stream)
        await stream.aclose()


async def test_what_nobody_reads_stays_with_its_sender(backend: AsyncNetworkBackend) -> None:
    sent = asyncio.Event()

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(64_000_000))
        await writer.drain()
        sent.set()

    async with server(flood) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sent.wait(), 0.2)
        assert len(await read_all(stream, 1_000_000)) >= 1_000_000
        await stream.aclose()


async def test_silence_ends_a_read_in_time(backend: AsyncNetworkBackend) -> None:
    async with server(echo) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(100, 0.02)
        await stream.write(b"still there", SECONDS)
        assert await read_all(stream, 11) == b"still there"
        await stream.aclose()


async def test_nobody_reading_ends_a_write_in_time(backend: AsyncNetworkBackend) -> None:
    async with server(ignore) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(bytes(30_000_000), 0.05)
        await stream.aclose()


async def test_broken_connection_fails_reads_and_writes(backend: AsyncNetworkBackend) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    async with server(reset) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        await stream.write(bytes(1_000_000), SECONDS)
        with pytest.raises(httpcore.ReadError):
            await stream.read(100, SECONDS)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x", SECONDS)
        await stream.aclose()


async def test_closed_port_is_told_as_such(backend: AsyncNetworkBackend) -> None:
    async with server(echo) as port:
        pass
    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp(LOOPBACK, port, SECONDS)


async def test_tls_carries_data_under_the_name_asked_for(backend: AsyncNetworkBackend, certificate: Path) -> None:
    sent = bytes(1_000) * 700
    async with server(echo, _serving(certificate)) as port:
        plain = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        stream = await plain.start_tls(_trusting(certificate), NAME, SECONDS)
        assert stream.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        writing = asyncio.create_task(stream.write(sent, SECONDS))
        assert await read_all(stream, len(sent)) == sent
        await writing
        await stream.aclose()


async def test_tls_with_a_certificate_of_another_name_is_refused(
    backend: AsyncNetworkBackend, certificate: Path
) -> None:
    async with server(echo, _serving(certificate)) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        with pytest.raises(httpcore.ConnectError):
            await stream.start_tls(_trusting(certificate), "other.example", SECONDS)


async def test_tls_that_is_never_answered_ends_in_time(backend: AsyncNetworkBackend, certificate: Path) -> None:
    async with server(ignore) as port:
        stream = await backend.connect_tcp(LOOPBACK, port, SECONDS)
        with pytest.raises(httpcore.ConnectTimeout):
            await stream.start_tls(_trusting(certificate), NAME, 0.05)


@pytest.mark.parametrize(
    "behaviour",
    [
        test_the_end_is_an_empty_read_after_all_data,
        test_idle_connection_is_readable_once_the_other_side_has_closed_it,
        test_what_nobody_reads_stays_with_its_sender,
        test_silence_ends_a_read_in_time,
        test_nobody_reading_ends_a_write_in_time,
        test_broken_connection_fails_reads_and_writes,
        test_closed_port_is_told_as_such,
    ],
)
def test_loop_of_the_services_does_so_as_well(
    behaviour: Callable[[AsyncNetworkBackend], Coroutine[Any, Any, None]],
) -> None:
    uvloop.run(behaviour(LoopBackend()))


@pytest.mark.parametrize(
    "behaviour",
    [
        test_tls_carries_data_under_the_name_asked_for,
        test_tls_with_a_certificate_of_another_name_is_refused,
        test_tls_that_is_never_answered_ends_in_time,
    ],
)
def test_loop_of_the_services_does_so_over_tls(
    behaviour: Callable[[AsyncNetworkBackend, Path], Coroutine[Any, Any, None]], certificate: Path
) -> None:
    uvloop.run(behaviour(LoopBackend(), certificate))


def _serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificate)
    context.set_alpn_protocols(["http/1.1", "h2"])
    return context
