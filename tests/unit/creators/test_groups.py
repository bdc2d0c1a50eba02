"""Products asked for together go into one call, each wanted at its turn, each with its own outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.amazon.pages import Product
from shared.creators.calls import Account, Caller, Login
from shared.creators.groups import Groups
from shared.errors import BlockedError, NoLongerWantedError, PermanentError, RetryableError
from tests.builders import HOME, asin
from tests.unit.creators.answers import as_text, inaccessible, item, items_answer
from tests.unit.simulation import Simulation


class TokenError(Exception):
    """Stands for the library's AuthenticationError."""


@dataclass
class FakeTokens:
    error: Exception | None = None
    cleared: int = 0

    async def get_token(self) -> str:
        if self.error is not None:
            raise self.error
        return f"token-{self.cleared}"

    def clear_token(self) -> None:
        self.cleared += 1


@dataclass
class FakeResponse:
    status_code: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


def found(asins: list[str]) -> FakeResponse:
    return FakeResponse(200, as_text(items_answer(*(item(each) for each in asins))))


class World:
    """The groups of one marketplace on a simulated clock, and an API that answers as the test says."""

    def __init__(self) -> None:
        self.simulation = Simulation()
        self.tokens = FakeTokens()
        self.calls: list[list[str]] = []
        self.sent: list[float] = []
        self.headers: dict[str, str] = {}
        self.answer: Callable[[list[str]], FakeResponse] = found
        login = Login(self.tokens, TokenError, lambda token: f"Bearer {token}")
        caller = Caller(
            Account(HOME, "mine-22", login), self, self.simulation.pace(), user_agent="Me (me@example.com)", timeout=5.0
        )
        self.groups = Groups(caller, self.simulation.clock)

    async def post(self, path: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> FakeResponse:
        assert body is not None
        assert (path, body["partnerTag"]) == ("/catalog/v1/getItems", "mine-22")
        self.calls.append(body["itemIds"])
        self.sent.append(self.simulation.clock.monotonic())
        self.headers = headers
        await asyncio.sleep(0)
        return self.answer(body["itemIds"])

    def ask(self, asin_: str, wanted: Callable[[], bool] = lambda: True) -> asyncio.Task[Product]:
        return asyncio.create_task(self.groups.product(asin_, wanted))

    async def outcomes(self, *asked: asyncio.Task[Product], seconds: float = 10.0) -> list[Any]:
        await self.simulation.clock.advance(seconds)
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 1.0)


@pytest.fixture
def world() -> World:
    return World()


async def test_products_asked_for_together_share_a_call(world: World) -> None:
    outcomes = await world.outcomes(*(world.ask(asin(number)) for number in range(10)))
    assert [product.asin for product in outcomes] == [asin(number) for number in range(10)]
    assert world.calls == [[asin(number) for number in range(10)]]


async def test_no_call_asks_for_more_than_ten(world: World) -> None:
    await world.outcomes(*(world.ask(asin(number)) for number in range(25)))
    assert [len(call) for call in world.calls] == [10, 10, 5]
    assert all(later - earlier >= 1.0 for earlier, later in zip(world.sent, world.sent[1:], strict=False))


async def test_what_comes_while_a_call_waits_goes_with_it(world: World) -> None:
    first = [world.ask(asin(0))]
    await world.outcomes(*first, seconds=0.2)
    later = [world.ask(asin(1))]
    await world.simulation.clock.advance(0.3)
    later.append(world.ask(asin(2)))
    await world.outcomes(*later)
    assert world.calls == [[asin(0)], [asin(1), asin(2)]]


async def test_product_asked_for_twice_is_asked_once(world: World) -> None:
    outcomes = await world.outcomes(world.ask(asin(1)), world.ask(asin(1)))
    assert [product.asin for product in outcomes] == [asin(1), asin(1)]
    assert world.calls == [[asin(1)]]


async def test_only_what_is_wanted_at_its_turn_is_asked_for(world: World) -> None:
    ended: set[str] = set()
    asked = [world.ask(each, lambda each=each: each not in ended) for each in (asin(1), asin(2))]
    await asyncio.sleep(0)
    ended.add(asin(1))
    first, second = await world.outcomes(*asked)
    assert isinstance(first, NoLongerWantedError)
    assert second.asin == asin(2)
    assert world.calls == [[asin(2)]]


async def test_nothing_is_sent_when_nothing_is_wanted(world: World) -> None:
    outcomes = await world.outcomes(*(world.ask(asin(number), lambda: False) for number in range(3)))
    assert all(isinstance(outcome, NoLongerWantedError) for outcome in outcomes)
    assert world.calls == []
    after = await world.outcomes(world.ask(asin(4)))
    assert after[0].asin == asin(4)


async def test_cancelled_request_is_not_sent(world: World) -> None:
    asked = [world.ask(asin(1)), world.ask(asin(2))]
    await asyncio.sleep(0)
    asked[0].cancel()
    outcomes = await world.outcomes(*asked)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert world.calls == [[asin(2)]]


async def test_each_item_has_its_own_outcome(world: World) -> None:
    world.answer = lambda asins: FakeResponse(200, as_text(items_answer(item(asin(1)), errors=[inaccessible(asin(2))])))
    good, gone, left_out = await world.outcomes(*(world.ask(asin(number)) for number in (1, 2, 3)))
    assert good.asin == asin(1)
    assert (type(gone), gone.code) == (PermanentError, "not_found")
    assert (type(left_out), left_out.code) == (RetryableError, "incomplete_answer")


async def test_item_that_has_a_call_refused_costs_no_other_one(world: World) -> None:
    def answer(asins: list[str]) -> FakeResponse:
        return FakeResponse(400, "{}") if asin(2) in asins else found(asins)

    world.answer = answer
    outcomes = await world.outcomes(*(world.ask(asin(number)) for number in (1, 2, 3)))
    assert world.calls == [[asin(1), asin(2), asin(3)], [asin(1)], [asin(2)], [asin(3)]]
    assert [outcomes[0].asin, outcomes[2].asin] == [asin(1), asin(3)]
    assert outcomes[1].code == "api_refused"


async def test_throttled_call_pauses_everybody(world: World) -> None:
    world.answer = lambda asins: FakeResponse(429, "{}", {"Retry-After": "90"})
    outcomes = await world.outcomes(world.ask(asin(1)), world.ask(asin(2)))
    assert all(isinstance(outcome, BlockedError) and outcome.code == "throttled" for outcome in outcomes)
    assert outcomes[0].retry_after == pytest.approx(90.0, abs=0.1)
    world.answer = found
    [sent_away] = await world.outcomes(world.ask(asin(3)), seconds=1.0)
    assert (type(sent_away), sent_away.code) == (BlockedError, "throttled")
    assert sent_away.retry_after == pytest.approx(80.0, abs=1.0)  # ten seconds have passed
    assert len(world.calls) == 1
    await world.simulation.clock.advance(70.0)
    await world.outcomes(world.ask(asin(3)), seconds=40.0)
    assert len(world.calls) == 2


def stale(asins: list[str]) -> FakeResponse:
    return FakeResponse(401, json.dumps({"reason": "TokenExpired"}))


async def test_token_that_expired_is_replaced_at_no_item_s_cost(world: World) -> None:
    def answer(asins: list[str]) -> FakeResponse:
        return stale(asins) if len(world.calls) == 1 else found(asins)

    world.answer = answer
    outcomes = await world.outcomes(world.ask(asin(1)), world.ask(asin(2)))
    assert [product.asin for product in outcomes] == [asin(1), asin(2)]
    assert world.calls == [[asin(1), asin(2)]] * 2
    assert world.sent[1] - world.sent[0] >= 1.0
    assert world.headers["Authorization"] == "Bearer token-1"


async def test_tokens_refused_again_and_again_fail_the_attempt(world: World) -> None:
    world.answer = stale
    [outcome] = await world.outcomes(world.ask(asin(1)))
    assert (isinstance(outcome, RetryableError), outcome.code) == (True, "token_refused")
    assert len(world.calls) == 2


async def test_no_token_fails_those_who_wait_and_none_later(world: World) -> None:
    world.tokens.error = TokenError("OAuth2 token request failed with status 401: {}")
    outcomes = await world.outcomes(*(world.ask(asin(number)) for number in range(12)))
    assert {outcome.code for outcome in outcomes} == {"api_credentials"}
    world.tokens.error = None
    [after] = await world.outcomes(world.ask(asin(1)))
    assert after.asin == asin(1)
    assert world.calls == [[asin(1)]]


@pytest.mark.parametrize("text", ["", "[]", "<html>", '{"itemsResult": '])
async def test_damaged_answer_is_tried_again(world: World, text: str) -> None:
    world.answer = lambda asins: FakeResponse(200, text)
    [outcome] = await world.outcomes(world.ask(asin(1)))
    assert (type(outcome), outcome.code) == (RetryableError, "incomplete_answer")


async def test_calls_say_who_asks_and_for_which_marketplace(world: World) -> None:
    await world.outcomes(world.ask(asin(1)))
    assert world.headers["User-Agent"] == "Me (me@example.com)"
    assert world.headers["x-marketplace"] == "www.amazon.co.jp"


async def test_closing_leaves_nobody_waiting(world: World) -> None:
    asked = [world.ask(asin(number)) for number in range(12)]
    await world.simulation.clock.advance(0.01)
    await world.groups.close()
    outcomes = await world.outcomes(*asked, seconds=0.0)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
