"""Connections to the open internet only: no request of ours, wherever it came from, reaches a machine inside.

For everything that fetches an address which others had a say in (pages of marketplaces and their redirects, webhooks):
give `guarded_transport()` to `httpx.AsyncClient`. A name is resolved once, its addresses are checked, and the
connection is made to a checked address itself, so that another answer of the name service in between (DNS rebinding)
changes nothing. Redirects are requests like any other: each is checked when it connects.

A way out through a proxy is resolved by the proxy; what it may reach is for the proxy to say.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream

from shared.errors import PermanentError
from shared.sockets import LoopBackend

Resolve = Callable[[str, int], Awaitable[list[str]]]
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses of IPv4 within IPv6: RFC 6052 (NAT64), which gateways translate.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_USUAL_PORTS = {"http": 80, "https": 443}


class ForbiddenAddressError(PermanentError):
    """The name leads to an address that is not of the open internet."""

    code = "forbidden_address"


def is_public(address: str) -> bool:
    """Whether this IP address belongs to the open internet.

    Not private (RFC 1918, 4193), loopback, link-local (cloud metadata among them), shared (RFC 6598, CGNAT), multicast,
    reserved or unspecified; nor an IPv6 form that carries such an IPv4 address (mapped, NAT64, 6to4, Teredo).
    """
    found: IPAddress = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.is_site_local or not all(map(_is_open, _carried(found))):
            return False
        if found.ipv4_mapped is not None or found in NAT64:
            return True
    return _is_open(found)


def _is_open(address: IPAddress) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: ipaddress.IPv6Address) -> Iterable[ipaddress.IPv4Address]:
    """The IPv4 addresses that packets to this one may end at."""
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, in the order in which they are to be tried. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(AsyncNetworkBackend):
    """Connects to public addresses, and to the endpoints that the configuration names itself."""

    def __init__(
        self,
        trusted: Collection[tuple[str, int]] = (),
        *,
        resolve: Resolve = resolve,
        inner: AsyncNetworkBackend | None = None,
    ) -> None:
        self._trusted = frozenset(trusted)
        self._resolve = resolve
        self._inner = inner or LoopBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the interface's
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        more: dict[str, Any] = {"local_address": local_address, "socket_options": socket_options}
        if (host, port) in self._trusted:
            return await self._inner.connect_tcp(host, port, timeout, **more)
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._public_addresses(host, port, timeout):
            left = None if deadline is None else max(0.001, deadline - loop.time())
            try:
                return await self._inner.connect_tcp(address, port, left, **more)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _public_addresses(self, host: str, port: int, limit: float | None) -> list[str]:
        try:
            async with asyncio.timeout(limit):
                found = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        public = [address for address in found if is_public(address)]
        if found and not public:
            raise ForbiddenAddressError(f"{host} leads to an address that is not of the open internet")
        return public

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  the interface's
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        raise ForbiddenAddressError("no request leads to a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a guarded backend."""

    def __init__(self, backend: AsyncNetworkBackend, **options: Any) -> None:
        super().__init__(**options)
        # httpx hands no backend on to its pool; a test of real sockets tells should this name ever change.
        self._pool._network_backend = backend


def guarded_transport(
    *trusted_urls: str | None, proxy: str | None = None, resolve: Resolve = resolve, **options: Any
) -> GuardedTransport:
    """A transport to the open internet, and to the endpoints of `trusted_urls` and `proxy`, which an operator has set.

    `options` are those of httpx.AsyncHTTPTransport.
    """
    trusted = [endpoint_of(url) for url in (*trusted_urls, proxy) if url]
    return GuardedTransport(GuardedBackend(trusted, resolve=resolve), proxy=proxy, trust_env=False, **options)


def endpoint_of(url: str) -> tuple[str, int]:
    """Host, as a connection is asked for, and port of an address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _USUAL_PORTS.get(parts.scheme, 0)
