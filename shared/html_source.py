"""Products and listings read off a marketplace's pages: fetch at its pace, then unpack and parse in a thread."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from prometheus_client import Counter, Histogram

from shared.amazon import pages
from shared.amazon.addresses import product_url
from shared.amazon.identifiers import Item
from shared.amazon.pages import FIELD_NAMES, Listing, Page, Product
from shared.clock import SystemClock
from shared.drift import RULE_DRIFT
from shared.errors import AsinflowError, BlockedError, DatabaseUnavailableError, PermanentError, RetryableError
from shared.fetch import FETCHED_BYTES, Answer, Fetcher, open_fetcher
from shared.log import get_logger
from shared.mongo import Database
from shared.pace import Pace
from shared.pagesamples import PageSamples, SampleLimits, page_samples
from shared.settings import FetchSettings
from shared.source import Wanted

log = get_logger(__name__)

# Rises with every page fetched, by what it turned out to be.
PAGES = Counter("asinflow_pages_total", "Pages by what they turned out to be", ["marketplace", "kind", "reason"])
# Rises for every field of every product page, by the rule that answered (none: the page does not show it).
FIELDS = Counter("asinflow_fields_total", "Fields of product pages by answering rule", ["marketplace", "field", "rule"])
# Time in a parser thread for one page, unpacking included.
PARSE_SECONDS = Histogram("asinflow_parse_seconds", "Time to parse one page", ["kind"])

# Threads take turns this often, so that a page in a parser thread delays the event loop by no more.
SWITCH_SECONDS = 0.001


class HtmlSource:
    """Implements `shared.source.Source` over pages."""

    def __init__(self, fetcher: Fetcher, pace: Pace, executor: Executor, samples: PageSamples | None = None) -> None:
        """`samples` is shown every page, to keep those whose layout seems to have changed."""
        self._fetcher = fetcher
        self._pace = pace
        self._executor = executor
        self._samples = samples

    async def product(self, item: Item, wanted: Wanted) -> Product:
        answer = await self._fetcher.get(product_url(item), item.marketplace, wanted)
        page = await self._parse(answer, item.marketplace)
        unusual = self._offer(answer, page, item.marketplace, item.asin)
        if page.product is not None and page.reason != "truncated":
            count_fields(item.marketplace, page)
        if page.product is not None and page.advice == "ok":
            return replace(page.product, gaps=dict.fromkeys(unusual, RULE_DRIFT)) if unusual else page.product
        raise await self._refusal(page, answer, item.marketplace)

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        answer = await self._fetcher.get(url, marketplace, wanted)
        page = await self._parse(answer, marketplace)
        self._offer(answer, page, marketplace)
        if page.listing is not None and page.advice == "ok":
            return page.listing
        raise await self._refusal(page, answer, marketplace)

    async def _parse(self, answer: Answer, marketplace: str) -> Page:
        loop = asyncio.get_running_loop()
        page = await loop.run_in_executor(self._executor, _parse, answer)
        FETCHED_BYTES.labels(marketplace).inc(len(answer.body))
        PAGES.labels(marketplace, page.kind, page.reason).inc()
        if page.advice != "slow_down":
            try:
                await self._pace.ease(answer.line)
            except DatabaseUnavailableError as error:  # the page is here; the pace is eased with the next one
                log.warning("pace_not_eased", marketplace=marketplace, error=error.message)
        return page

    def _offer(self, answer: Answer, page: Page, marketplace: str, asin: str | None = None) -> tuple[str, ...]:
        """The fields that the page, unlike nearly all others, does not have."""
        return () if self._samples is None else self._samples.offer(answer, page, marketplace, asin)

    async def _refusal(self, page: Page, answer: Answer, marketplace: str) -> AsinflowError:
        """Turn a page that is not what was asked for into the error that says what to do."""
        if page.advice == "ok":
            return PermanentError(f"{marketplace} answered with a {page.kind} page instead", code="unexpected_page")
        told = f"{marketplace} answered {answer.status} with {page.reason.replace('_', ' ') or page.kind}"
        match page.advice:
            case "slow_down":
                pause = await self._pace.block(answer.line, page.reason, answer.retry_after)
                return BlockedError(told, code=page.reason, retry_after=pause)
            case "retry":
                return RetryableError(told, code=page.reason, retry_after=answer.retry_after)
            case _:
                return PermanentError(told, code=page.reason or "unexpected_page")


def count_fields(marketplace: str, page: Page) -> None:
    """Count for every field of a product page which rule answered, or that none did."""
    for field in FIELD_NAMES:
        FIELDS.labels(marketplace, field, page.trace.get(field, "none")).inc()


def _parse(answer: Answer) -> Page:
    with PARSE_SECONDS.labels("page").time():
        return pages.parse(answer.body, url=answer.url, status=answer.status, content_type=answer.content_type)


@contextmanager
def parser_threads(count: int) -> Iterator[Executor]:
    """Threads for parsing: the parser itself runs outside the interpreter's lock."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with ThreadPoolExecutor(count, thread_name_prefix="parser") as executor:
        yield executor


@asynccontextmanager
async def html_source(settings: FetchSettings, database: Database) -> AsyncIterator[HtmlSource]:
    """The source over pages, with its own connections and threads."""
    limits = settings.limits(settings.interval_seconds)
    kept = SampleLimits(settings.page_samples, settings.page_sample_days, settings.page_sample_seconds)
    clock = SystemClock()
    pace = Pace(database, limits, clock)
    with parser_threads(settings.parser_threads) as executor:
        async with page_samples(database, kept, clock) as samples, open_fetcher(settings, pace) as fetcher:
            yield HtmlSource(fetcher, pace, executor, samples)
