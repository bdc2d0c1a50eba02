"""The storefront as an ASGI application: logs each request of a marketplace, then answers it, well or with a fault."""

import asyncio
import time
from contextlib import suppress
from http import HTTPStatus

from deploy.local.storefront import hostile
from deploy.local.storefront.control import PREFIX, Control
from deploy.local.storefront.faults import Faults
from deploy.local.storefront.marketplaces import DEFAULT_HOST, MARKETPLACES, Marketplace, marketplace_of
from deploy.local.storefront.pagecache import Encoding, PageCache, accepted_encoding
from deploy.local.storefront.pages import Answer, Pages, World
from deploy.local.storefront.reply import Receive, Reply, Scope, Send, json_reply, send_broken, send_reply
from deploy.local.storefront.requestlog import Entry, RequestLog
from deploy.local.storefront.routes import route_of

_PAGE_FAULTS = frozenset({"404", "429", "503", "captcha", "continue"})
_REDIRECTS = frozenset({"redirect_loop", "redirect_private"})


class Storefront:
    """An ASGI application; one instance is one world of products with its request log and faults."""

    def __init__(self, world: World | None = None, log: RequestLog | None = None) -> None:
        self._pages = Pages(world or World())
        self._faults = Faults()
        self._log = log or RequestLog()
        self._control = Control(self._faults, self._log)
        self._cache = PageCache()
        self._stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/healthz":
            await send_reply(send, json_reply(HTTPStatus.OK, {"status": "ok"}))
        elif path.startswith(PREFIX):
            await send_reply(send, await self._control.answer(scope["method"], path, receive))
        else:
            await self._marketplace(scope, receive, send)

    def stop(self) -> None:
        """Lets slow answers go at once; call it from the event loop."""
        self._stopping.set()

    def close(self) -> None:
        """Ends the rendering thread and the log."""
        self._cache.close()
        self._log.close()

    async def _marketplace(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived: float = scope.get("state", {}).get("arrived") or time.time()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        market = _market_of(headers)
        path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        whole = f"{path}?{query}" if query else path
        fault = self._faults.draw(market.host, whole) if scope["method"] in {"GET", "HEAD"} else None
        answer = self._answer(scope["method"], market, path, query, fault)
        self._log.add(Entry(arrived, market.host, whole, answer.status))
        if fault == "slow":
            await self._dawdle(self._faults.plan.slow_seconds)
        encoding = accepted_encoding(headers.get("accept-encoding", ""))
        reply = await self._reply(answer, encoding, self._headers(fault, whole))
        await self._send(scope, receive, send, reply, fault)

    async def _send(self, scope: Scope, receive: Receive, send: Send, reply: Reply, fault: str | None) -> None:
        match fault:
            case "reset" | "truncated":
                await send_broken(scope, receive, send, reply, reset=fault == "reset")
            case "dripping":
                await hostile.drip(receive, send, reply.body)
            case "endless":
                await hostile.pour(receive, send)
            case "bomb":
                await hostile.burst(receive, send)
            case _:
                await send_reply(send, reply)

    async def _dawdle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _answer(self, method: str, market: Marketplace, path: str, query: str, fault: str | None) -> Answer:
        if method not in {"GET", "HEAD"}:
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED, "405", lambda: b"")
        if fault in _PAGE_FAULTS:
            return self._pages.error(fault, market, path)
        if fault in _REDIRECTS:
            return Answer(HTTPStatus.FOUND, "302", lambda: b"")
        return self._pages.answer(market, route_of(path, query))

    def _headers(self, fault: str | None, whole: str) -> dict[str, str]:
        match fault:
            case "redirect_loop":
                return {"location": whole}
            case "redirect_private":
                return {"location": hostile.PRIVATE}
            case "429" | "503" if self._faults.plan.retry_after is not None:
                return {"retry-after": str(self._faults.plan.retry_after)}
            case _:
                return {}

    async def _reply(self, answer: Answer, encoding: Encoding, headers: dict[str, str]) -> Reply:
        body = await self._cache.get(answer.key, encoding, answer.render)
        encoded = {} if encoding is Encoding.IDENTITY else {"content-encoding": encoding.value}
        return Reply(answer.status, body, answer.content_type, {**encoded, **headers})


def _market_of(headers: dict[str, str]) -> Marketplace:
    """The marketplace meant by X-Forwarded-Host, else by Host, else amazon.co.jp."""
    for name in ("x-forwarded-host", "host"):
        market = marketplace_of(headers.get(name, ""))
        if market is not None:
            return market
    return MARKETPLACES[DEFAULT_HOST]
