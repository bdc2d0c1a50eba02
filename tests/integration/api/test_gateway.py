"""The gateway of docs/how-to/gateway.md, as it stands there, before a running API."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import os
import re
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.gateway import nginx
from services.api.settings import ApiSettings
from tests.conftest import unavailable
from tests.integration.api.conftest import free_port, serving, until_ready
from tests.pages import DOCS
from tests.unit.api.builders import asin, bearer
from tests.waiting import eventually

SECONDS = 20.0
# More than nginx takes where it is told nothing of the size of bodies.
LINES = 99_000
SERVER, SIGN_IN = re.findall(r"^```nginx\n(.*?)^```", (DOCS / "how-to" / "gateway.md").read_text(), re.M | re.S)


def certify(folder: Path) -> None:
    """A certificate of 127.0.0.1, for an hour."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(address, critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "asinflow.crt").write_bytes(certificate.public_bytes(pem))
    (folder / "asinflow.key").write_bytes(key.private_bytes(pem, form, plain))


def written(folder: Path, block: str, port: int, api: int, people: int) -> Path:
    """A whole configuration around the page's block, with addresses of this machine in place of the page's."""
    for said, meant in {
        "server api:8000;": f"server 127.0.0.1:{api};",
        "server oauth2-proxy:4180;": f"server 127.0.0.1:{people};",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/etc/nginx/tls/": f"{folder}/",
    }.items():
        block = block.replace(said, meant)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # else its workers may not enter the folder
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off;\n{user}pid {folder}/pid;\nerror_log stderr warn;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}{block}}}\n"
    )
    return path


@contextlib.asynccontextmanager
async def gateway(folder: Path, block: str, api: int, people: int = 0) -> AsyncIterator[httpx.AsyncClient]:
    """The page's block at work; the test ends here where there is no nginx."""
    program = nginx()
    if program is None:
        unavailable("nginx is not installed: make setup-test")
    assert program is not None
    certify(folder)
    port = free_port()
    command = [program, "-e", "stderr", "-c", str(written(folder, block, port, api, people))]
    tried = await asyncio.create_subprocess_exec(*command, "-t", stderr=asyncio.subprocess.PIPE)
    _, told = await tried.communicate()
    assert tried.returncode == 0, told.decode()
    assert "[warn]" not in told.decode(), told.decode()
    process = await asyncio.create_subprocess_exec(*command)
    trust = ssl.create_default_context(cafile=folder / "asinflow.crt")
    url = f"https://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, verify=trust, http2=True, timeout=SECONDS) as client:

            async def listening() -> httpx.Response | None:
                with contextlib.suppress(httpx.TransportError):
                    return await client.get("/healthz")
                return None

            alive: httpx.Response = await eventually(listening)
            assert (alive.status_code, alive.http_version) == (200, "HTTP/2")
            yield client
    finally:
        process.terminate()
        await process.wait()


async def upload() -> AsyncIterator[bytes]:
    for first in range(0, LINES, 1_000):
        yield "".join(f"{asin(number % 1_000)}\n" for number in range(first, first + 1_000)).encode()


async def frame(lines: AsyncIterator[str]) -> str:
    """The name of the stream's next event."""
    async with asyncio.timeout(SECONDS):
        async for line in lines:
            if line.startswith("event: "):
                return line.removeprefix("event: ")
    return ""


@pytest.fixture
async def client(settings: Callable[..., ApiSettings], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    chosen = settings(user_requests_per_minute=1_000)
    async with serving(chosen) as running:
        await until_ready(running, broker=True)
        async with gateway(tmp_path, SERVER, chosen.http_port) as client:
            yield client


async def test_everything_goes_through_the_gateway_of_the_page(client: httpx.AsyncClient) -> None:
    refused = await client.get("/v1/jobs")
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    headers = {**bearer(), "Content-Type": "text/plain", "Idempotency-Key": "one", "X-Request-ID": "mine"}
    made = await client.post("/v1/jobs", content=upload(), headers=headers)
    assert (made.status_code, made.json()["counts"]["accepted"]) == (202, 1_000)
    assert made.headers["X-Request-ID"] == "mine"
    assert {"ratelimit", "ratelimit-policy", "retry-after"} <= set(made.headers)
    path = made.headers["Location"]
    tag = (await client.get(path, headers=bearer())).headers["ETag"]
    assert (await client.get(path, headers={**bearer(), "If-None-Match": tag})).status_code == 304
    exported = await client.get(f"{path}/items?format=ndjson", headers=bearer())
    assert len(exported.text.splitlines()) == 1_000
    assert [(await client.get(name)).status_code for name in ("/metrics", "/readyz", "/", "/docs")] == [
        *(404, 404, 200, 200)
    ]


async def test_events_come_through_the_gateway_as_they_happen(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": [asin(1)]}, headers=bearer())
    path = made.headers["Location"]
    async with client.stream("GET", f"{path}/events", headers=bearer()) as response:
        lines = response.aiter_lines()
        assert await frame(lines) == "snapshot"  # while the stream goes on
        assert (await client.post(f"{path}/cancel", headers=bearer())).status_code == 200
        assert await frame(lines) == "cancelled"


@contextlib.asynccontextmanager
async def sign_in() -> AsyncIterator[int]:
    """The port of something that signs everybody in, in its way."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nsign in")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_bearers_of_tokens_reach_the_api_and_people_sign_in(
    settings: Callable[..., ApiSettings], tmp_path: Path
) -> None:
    block = SIGN_IN + SERVER.replace("proxy_pass http://asinflow;", "proxy_pass http://$asinflow_way;")
    chosen = settings()
    async with serving(chosen) as running, sign_in() as people:
        await until_ready(running)
        async with gateway(tmp_path, block, chosen.http_port, people) as client:
            assert (await client.get("/v1/jobs", headers=bearer())).json() == {"items": [], "next_cursor": None}
            assert (await client.get("/v1/jobs")).text == "sign in"
