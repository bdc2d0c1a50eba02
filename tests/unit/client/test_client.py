"""Both clients keep their word: retries, typed refusals, pages, streams that go on."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from asinflow.client import (
    ApiProblem,
    AsyncClient,
    Client,
    Invalid,
    NotFound,
    Retries,
    TooManyRequests,
    Unreachable,
)

from services.api.responses import JOB_EXAMPLE, PRODUCT_EXAMPLE

BULK = {"type": "BULK_ASIN", "asins": ["B07WXL5YPW"]}
Answer = httpx.Response | Exception


class Api:
    """Answers in turn with what it is given, and remembers what it was asked and how long was waited."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> Client:
        return Client("http://api", "t", transport=httpx.MockTransport(self), sleep=self.waits.append)

    def async_client(self) -> AsyncClient:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        return AsyncClient("http://api", "t", transport=httpx.MockTransport(self), sleep=sleep)


def ok(document: Any) -> httpx.Response:
    return httpx.Response(200, json=document)


def refusal(status: int, code: str, after: int | None = None) -> httpx.Response:
    headers = {} if after is None else {"Retry-After": str(after)}
    body = {"code": code, "title": "t", "detail": "d", "retryable": status in {429, 503}, "errors": []}
    return httpx.Response(status, json=body, headers=headers)


async def test_both_clients_try_again_when_asked_to_come_later() -> None:
    def answers() -> list[httpx.Response]:
        return [refusal(429, "rate_limited", 7), refusal(503, "database_unavailable", 5), ok(JOB_EXAMPLE)]

    api = Api(*answers())
    assert api.client().job("a/b").rev == 12
    assert (api.waits, api.requests[0].url.raw_path) == ([7.0, 5.0], b"/v1/jobs/a%2Fb")
    same = Api(*answers())
    async with same.async_client() as client:
        assert (await client.job("a/b")).status == "PROCESSING"
    assert same.waits == api.waits


def test_submitting_again_bears_the_same_key() -> None:
    api = Api(httpx.ConnectError("x"), refusal(409, "idempotency_key_in_progress", 1), ok(JOB_EXAMPLE))
    api.client().submit(BULK)
    assert len({request.headers["Idempotency-Key"] for request in api.requests}) == 1
    assert len(api.requests) == 3


def test_what_cannot_be_repeated_is_sent_once() -> None:
    pieces: Iterator[bytes] = iter([b"B07WXL5YPW\n"])
    for send in (lambda c: c.upload(pieces), lambda c: c.retry("j")):
        api = Api(refusal(503, "database_unavailable", 1))
        with pytest.raises(ApiProblem):
            send(api.client())
        assert len(api.requests) == 1


def test_patience_has_an_end() -> None:
    api = Api(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match="http://api cannot be reached"):
        Client("http://api", "t", transport=httpx.MockTransport(api), retries=Retries(2), sleep=api.waits.append).job(
            "j"
        )
    assert len(api.requests) == 3
    with pytest.raises(TooManyRequests):
        Api(refusal(429, "rate_limited", 3_600)).client().job("j")


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (422, Invalid), (418, ApiProblem)])
def test_refusals_are_typed(status: int, kind: type[ApiProblem]) -> None:
    with pytest.raises(kind) as caught:
        Api(refusal(status, "some_code")).client().job("j")
    assert (caught.value.status, caught.value.code, caught.value.detail) == (status, "some_code", "d")


def test_answer_of_a_proxy_is_a_problem_as_well() -> None:
    with pytest.raises(ApiProblem) as caught:
        Api(httpx.Response(500, text="<html>")).client().job("j")
    assert caught.value.code == "http_500"


async def test_lists_are_read_page_by_page_up_to_their_limit() -> None:
    def pages() -> Api:
        return Api(
            ok({"items": [PRODUCT_EXAMPLE] * 2, "next_cursor": "c"}),
            ok({"items": [PRODUCT_EXAMPLE], "next_cursor": None}),
        )

    api = pages()
    found = list(api.client().products(favorite=True, min_margin=1.5, q=None))
    assert (len(found), found[0].price, found[0].brand) == (3, 32978, "任天堂")
    assert [dict(r.url.params) for r in api.requests] == [
        {"favorite": "true", "min_margin": "1.5", "limit": "200"},
        {"favorite": "true", "min_margin": "1.5", "limit": "200", "cursor": "c"},
    ]
    limited = pages()
    async with limited.async_client() as client:
        assert len([entry async for entry in client.products(limit=2)]) == 2
    assert len(limited.requests) == 1


def frame(event: str, rev: int, status: str) -> bytes:
    return f"event: {event}\ndata: {json.dumps({**JOB_EXAMPLE, 'rev': rev, 'status': status})}\nid: {rev}\n\n".encode()


def broken_then_ended() -> Api:
    return Api(
        httpx.Response(200, content=frame("snapshot", 1, "PROCESSING") + frame("progress", 2, "PROCESSING")),
        httpx.ConnectError("x"),
        httpx.Response(200, content=b": alive\n\n" + frame("completed", 3, "COMPLETED")),
    )


async def test_stream_is_followed_through_its_breaks() -> None:
    expected = [("snapshot", 1), ("progress", 2), ("completed", 3)]
    api = broken_then_ended()
    assert [(update.event, update.job.rev) for update in api.client().follow("j")] == expected
    assert [request.headers.get("Last-Event-ID") for request in api.requests] == [None, "2", "2"]
    same = broken_then_ended()
    async with same.async_client() as client:
        assert [(update.event, update.job.rev) async for update in client.follow("j")] == expected


def test_stream_that_never_tells_the_end_is_given_up() -> None:
    with pytest.raises(Unreachable):
        list(Api(httpx.Response(204)).client().follow("j", patience=3))


async def test_files_arrive_in_pieces() -> None:
    make: Callable[[], Api] = lambda: Api(httpx.Response(200, content=b"a\nb\n"))  # noqa: E731  short
    assert b"".join(make().client().results_file("j", "csv")) == b"a\nb\n"
    async with make().async_client() as client:
        assert b"".join([piece async for piece in client.results_file("j", "csv")]) == b"a\nb\n"


def test_fields_of_a_later_version_are_kept() -> None:
    job = Api(ok({**JOB_EXAMPLE, "mood": "good"})).client().job("j")
    assert job.model_dump()["mood"] == "good"


def test_api_that_takes_no_connection_may_be_given_up_at_once() -> None:
    for error, tries in ((httpx.ConnectError("refused"), 1), (httpx.ReadError("reset"), 3)):
        api = Api(error)
        retries = Retries(2, connecting=False)
        client = Client("http://api", "t", transport=httpx.MockTransport(api), retries=retries, sleep=api.waits.append)
        with pytest.raises(Unreachable):
            client.job("j")
        assert len(api.requests) == tries
