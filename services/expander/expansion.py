"""From what a job asks for to its items: a list is copied, a listing is paged through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from services.expander.repository import ExpanderRepository
from services.expander.watch import while_running
from shared.amazon.addresses import page_url, recognise, search_url
from shared.amazon.marketplaces import MARKETPLACES
from shared.clock import Clock
from shared.errors import NoLongerWantedError, PermanentError, name_part
from shared.ids import product_key
from shared.jobs import JobType
from shared.log import get_logger
from shared.mongo import Document
from shared.source import Source

log = get_logger(__name__)

# A listing is read for so long in one go, then the rest is put back into the queue: the broker takes a message away
# from a consumer that holds it for half an hour.
STEP_SECONDS = 60.0


@dataclass(frozen=True)
class Place:
    """Where paging stands: the page to read next (None: done), its address, and what was found so far."""

    next_url: str | None
    pages: int
    found: int


class Expansion:
    """Turns one job's request into stored items. Every step may be repeated."""

    def __init__(self, repository: ExpanderRepository, source: Source, clock: Clock, max_pages: int) -> None:
        self._repository = repository
        self._source = source
        self._clock = clock
        self._max_pages = max_pages

    async def advance(self, job: Document) -> bool:
        """Go on where the last step ended; True when all items are stored and the total is fixed."""
        match JobType(job["type"]):
            case JobType.BULK_ASIN:
                total, marketplaces = await self._copy(job)
            case JobType.URL | JobType.KEYWORD:
                total, marketplaces = await self._page(job), [recognise(first_url(job), MARKETPLACES).marketplace]
        if total is None:
            return False
        await self._repository.set_total(job["_id"], job["run"], total, marketplaces)
        return True

    async def _copy(self, job: Document) -> tuple[int | None, list[str]]:
        total, marketplaces = 0, set[str]()
        async for keys in self._repository.sources(job["_id"]):
            await self._repository.insert_items(job["_id"], total, keys)
            total += len(keys)
            marketplaces.update(key.partition(":")[0] for key in keys)
        if total == 0 and job["request"].get("count"):
            raise PermanentError("the list of its products is not stored any more", code="sources_gone")
        return total, sorted(marketplaces)

    async def _page(self, job: Document) -> int | None:
        place = _place(job)
        if place.next_url is None:
            return place.found
        address = recognise(place.next_url, MARKETPLACES)
        if address.kind == "product" and address.asin is not None:
            await self._repository.insert_items(job["_id"], 0, [product_key(address.marketplace, address.asin)])
            return 1
        deadline = self._clock.monotonic() + STEP_SECONDS
        # A page stored before a crash but not yet counted is read again, so it must not seem to bring nothing new.
        seen = dict.fromkeys(await self._repository.find_earlier_keys(job["_id"], place.found))
        while place.next_url is not None:
            if self._clock.monotonic() > deadline:
                return None
            try:
                place = await self._read(job, place, address.marketplace, seen)
            except NoLongerWantedError:
                return None
            except Exception as error:
                name_part(error, f"page {place.pages + 1}")
                raise
            if not await self._repository.save_expansion(job["_id"], job["run"], _document(place)):
                return None  # it has ended or been paused meanwhile
        return place.found

    async def _read(self, job: Document, place: Place, marketplace: str, seen: dict[str, None]) -> Place:
        """Read one page and store what it adds; the last is one that adds nothing, or one refused for good."""
        assert place.next_url is not None  # noqa: S101  the caller's loop condition
        try:
            listing = await while_running(
                partial(self._source.listing, place.next_url, marketplace),
                partial(self._repository.runs, job["_id"], job["run"]),
            )
        except PermanentError as error:
            if place.found == 0:
                raise
            log.warning("listing_ends_early", job_id=job["_id"], pages=place.pages, error=error.message)
            return Place(None, place.pages, place.found)
        room = job["request"]["max_results"] - place.found
        keys = dict.fromkeys(product_key(marketplace, asin) for asin in listing.asins)
        new = [key for key in keys if key not in seen][:room]
        kept = await self._repository.insert_items(job["_id"], place.found, new)
        seen.update(dict.fromkeys(kept))
        done = not kept or len(kept) >= room or place.pages + 1 >= self._max_pages
        next_url = None if done else listing.next_url
        return Place(next_url, place.pages + 1, place.found + len(kept))


def listing_marketplace(job: Document) -> str | None:
    """Whose listing has to be read to know the job's items; None when that takes no page."""
    if job["total_items"] is not None or job["type"] == JobType.BULK_ASIN:
        return None
    place = _place(job)
    if place.next_url is None:
        return None
    address = recognise(place.next_url, MARKETPLACES)
    return None if address.kind == "product" and address.asin is not None else address.marketplace


def _place(job: Document) -> Place:
    stored = job.get("expansion")
    if stored:
        return Place(stored["next_url"], stored["pages"], stored["found"])
    return Place(first_url(job), 0, 0)


def first_url(job: Document) -> str:
    """The address at which a job's listing begins."""
    request = job["request"]
    if job["type"] == JobType.KEYWORD:
        return search_url(request["marketplace"], request["keyword"])
    return page_url(recognise(request["url"], MARKETPLACES), 1)


def _document(place: Place) -> Document:
    return {"next_url": place.next_url, "pages": place.pages, "found": place.found}
