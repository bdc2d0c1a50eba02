"""The storefront as an ASGI application: logs each request of a marketplace, then answers it, well or with a fault."""

import asyncio
import time
from contextlib import suppress
from http import HTTPStatus

from deploy.local.storefront.control import PREFIX, Control
from deploy.local.storefront.faults import Faults
from deploy.local.storefront.marketplaces import DEFAULT_HOST, MARKETPLACES, Marketplace, marketplace_of
from deploy.local.storefront.pagecache import Encoding, PageCache, accepted_encoding
from deploy.local.storefront.pages import Answer, Pages, World
from deploy.local.storefront.reply import Receive, Reply, Scope, Send, json_reply, send_broken, send_reply
from deploy.local.storefront.requestlog import Entry, RequestLog
from deploy.local.storefront.routes import route_of

_PAGE_FAULTS = frozenset({"404", "429", "503", "captcha", "continue"})


class Storefront:
    """An ASGI application; one instance is one world of products with its request log and faults."""

    def __init__(self, world: World | None = None) -> None:
        self._pages = Pages(world or World())
        self._faults = Faults()
        self._log = RequestLog()
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
        """Ends the rendering thread."""
        self._cache.close()

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
        reply = await self._reply(answer, encoding, fault)
        if fault in {"reset", "truncated"}:
            await send_broken(scope, receive, send, reply, reset=fault == "reset")
        else:
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
        return self._pages.answer(market, route_of(path, query))

    async def _reply(self, answer: Answer, encoding: Encoding, fault: str | None) -> Reply:
        body = await self._cache.get(answer.key, encoding, answer.render)
        headers = {} if encoding is Encoding.IDENTITY else {"content-encoding": encoding.value}
        if fault in {"429", "503"} and self._faults.plan.retry_after is not None:
            headers["retry-after"] = str(self._faults.plan.retry_after)
        return Reply(answer.status, body, answer.content_type, headers)


def _market_of(headers: dict[str, str]) -> Marketplace:
    """The marketplace meant by X-Forwarded-Host, else by Host, else amazon.co.jp."""
    for name in ("x-forwarded-host", "host"):
        market = marketplace_of(headers.get(name, ""))
        if market is not None:
            return market
    return MARKETPLACES[DEFAULT_HOST]
