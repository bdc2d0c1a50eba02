"""Products asked for at about the same time, put into one call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Histogram

from shared.amazon.pages import Product
from shared.clock import Clock
from shared.creators.calls import Body, Caller
from shared.creators.failures import RefusedError, item_failure
from shared.creators.items import RESOURCES, Json, product_of
from shared.errors import NoLongerWantedError
from shared.settings import CREATORS_ITEMS
from shared.source import Wanted

# What is asked for within so long goes into one call even when its turn would come at once.
GATHER_SECONDS = 0.02

# Products asked for in one call: 10 is what the API gives at most.
ITEMS = Histogram(
    "asinflow_creators_call_items",
    "Products per call of the Creators API",
    ["marketplace"],
    buckets=(1, 2, 3, 5, 8, 10),
)


@dataclass(eq=False)
class Asked:
    """One product that somebody waits for; `alone` once a call with others was refused."""

    asin: str
    wanted: Wanted
    answer: asyncio.Future[Product]
    alone: bool = False

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Groups:
    """The products of one marketplace. What waits for a turn of the pace goes together, as many as a call can have."""

    def __init__(self, caller: Caller, clock: Clock) -> None:
        self._caller = caller
        self._clock = clock
        self._waiting: deque[Asked] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._lined_up = False

    async def product(self, asin: str, wanted: Wanted) -> Product:
        asked = Asked(asin, wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._line_up()
        return await asked.answer

    async def close(self) -> None:
        """Give up all calls; whoever waits is cancelled."""
        for call in list(self._calls):
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        while self._waiting:
            self._waiting.popleft().answer.cancel()

    def _line_up(self) -> None:
        """One call at a time waits for its turn; whatever comes meanwhile goes with it."""
        if self._waiting and not self._lined_up:
            self._lined_up = True
            call = asyncio.create_task(self._call(), name=f"getItems {self._caller.marketplace}")
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self) -> None:
        group: list[Asked] | None = None

        def body() -> Body | None:
            nonlocal group
            group = self._leave()
            return {"itemIds": _asins(group), "resources": list(RESOURCES)} if group else None

        try:
            await self._clock.sleep(GATHER_SECONDS)
            answer = await self._caller.call("getItems", body)
            self._hand_out(group or [], answer)
        except asyncio.CancelledError:
            for asked in group or ():
                asked.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001  handed to whoever waits for the products
            # What failed before its turn takes along what would have gone with it.
            self._fail(self._leave() if group is None else group, error)

    def _leave(self) -> list[Asked]:
        """Those who go with the call whose turn it is; the next call lines up."""
        group = self._pick()
        self._lined_up = False
        self._line_up()
        return group

    def _pick(self) -> list[Asked]:
        """The next ones that are still wanted, distinct up to what a call can have."""
        group: list[Asked] = []
        while self._waiting and _fits(self._waiting[0], group):
            asked = self._waiting.popleft()
            if asked.answer.done():
                continue
            if asked.wanted():
                group.append(asked)
            else:
                asked.fail(NoLongerWantedError("its job has ended"))
        return group

    def _hand_out(self, group: Sequence[Asked], answer: Json) -> None:
        ITEMS.labels(self._caller.marketplace).observe(len(_asins(group)))
        products = _products(answer)
        for asked in group:
            product = products.get(asked.asin)
            if product is None:
                asked.fail(item_failure(asked.asin, answer, self._caller.marketplace))
            elif not asked.answer.done():
                asked.answer.set_result(product)

    def _fail(self, group: list[Asked], error: Exception) -> None:
        if isinstance(error, RefusedError) and len(_asins(group)) > 1:
            self._ask_alone(group)
            return
        for asked in group:
            asked.fail(error)

    def _ask_alone(self, group: list[Asked]) -> None:
        """Any of them may be why the call was refused: each gets a call of its own, so that it costs no other one."""
        for asked in reversed(group):
            asked.alone = True
            self._waiting.appendleft(asked)
        self._line_up()


def _asins(group: Sequence[Asked]) -> list[str]:
    return list(dict.fromkeys(asked.asin for asked in group))


def _fits(asked: Asked, group: Sequence[Asked]) -> bool:
    asins = _asins(group)
    if asked.alone or any(other.alone for other in group):
        return not group
    return len(asins) < CREATORS_ITEMS or asked.asin in asins


def _products(answer: Json) -> dict[str, Product]:
    result = answer.get("itemsResult")
    items = result.get("items") if isinstance(result, Mapping) else None
    found = [product_of(item) for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    return {product.asin: product for product in found if product.asin is not None}
