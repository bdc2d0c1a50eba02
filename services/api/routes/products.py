"""Products over HTTP: list, look up, what their prices did, analyse anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from services.api import cursors
from services.api.auth import Caller
from services.api.dependencies import Parts, PartsOf, ProductsReader, ProductsWriter
from services.api.errors import responses
from services.api.problems import Problem, not_found
from services.api.products import (
    HistoryQuery,
    ProductQuery,
    ProductSort,
    decode_position,
    encode_position,
    position,
    price_point,
    product_view,
)
from services.api.requests import AnalyzeRequest
from services.api.responses import PricePage, ProductPage, ProductView
from services.api.routes.paging import LINK_HEADER, link_next
from shared.profit import Analysis

router = APIRouter(prefix="/v1/products", tags=["products"])

# Each one lost means that the product was collected in that very moment.
ANALYZE_TRIES = 5


def _printable(text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a year from 1 to 9999") from error


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Text = Annotated[str | None, AfterValidator(_printable)]


class ProductFilter(BaseModel):
    """What a list of products is narrowed to, sorted by, and cut into."""

    marketplace: Text = Field(default=None, max_length=50)
    asin: Text = Field(default=None, max_length=20)
    job_id: Text = Field(default=None, max_length=64, description="Only what this job was the last to collect")
    q: Text = Field(default=None, min_length=1, max_length=200, description="Part of the title, in any case")
    favorite: bool | None = None
    changed: bool | None = Field(default=None, description="Whether the price has ever changed")
    sort: ProductSort = Field(
        default=ProductSort.NEWEST, description="`-price_changed_at` lists only products whose price has changed"
    )
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=cursors.MAX_CHARACTERS)

    def query(self) -> ProductQuery:
        """For one product more than the page holds, which tells whether another page follows."""
        return ProductQuery(
            sort=self.sort,
            limit=self.limit + 1,
            after=None if self.cursor is None else decode_position(self.sort, self.cursor),
            marketplace=self.marketplace,
            asin=None if self.asin is None else self.asin.strip().upper(),
            job_id=self.job_id,
            q=self.q,
            favorite=self.favorite,
            changed=True if self.sort is ProductSort.CHANGED else self.changed,
        )


class HistoryFilter(BaseModel):
    """What a price history is narrowed to and cut into."""

    since: Moment | None = Field(default=None, description="Points from this moment on")
    until: Moment | None = Field(default=None, description="Points before this moment")
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: str | None = Field(default=None, max_length=500)

    def query(self) -> HistoryQuery:
        """For one point more than the page holds, as in a list of products."""
        before = None if self.cursor is None else _number(self.cursor)
        return HistoryQuery(limit=self.limit + 1, since=self.since, until=self.until, before=before)


@router.get("", summary="List products", responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 422, 503)})
async def list_products(
    request: Request,
    response: Response,
    caller: ProductsReader,
    using: PartsOf,
    wanted: Annotated[ProductFilter, Query()],
) -> ProductPage:
    """Your products, the latest collected first unless sorted otherwise."""
    found = await using.products.find_products(caller.user_id, wanted.query())
    last = found[wanted.limit - 1] if len(found) > wanted.limit else None
    next_cursor = None if last is None else encode_position(wanted.sort, position(wanted.sort, last))
    link_next(request, response, next_cursor)
    return ProductPage(items=[product_view(document) for document in found[: wanted.limit]], next_cursor=next_cursor)


@router.get("/{marketplace}/{asin}", summary="Look at a product", responses=responses(401, 403, 404, 503))
async def get_product(marketplace: str, asin: str, caller: ProductsReader, using: PartsOf) -> ProductView:
    """One of your products."""
    return product_view(await _own(using, caller, marketplace, asin))


async def _own(using: Parts, caller: Caller, marketplace: str, asin: str) -> dict[str, Any]:
    """The caller's product; raises Problem (404) when it has none, whoever else does."""
    document = await using.products.find_product(caller.user_id, marketplace, asin.upper())
    if document is None:
        raise not_found("product")
    return dict(document)


@router.get(
    "/{marketplace}/{asin}/price-history",
    summary="See what a product's price did",
    responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 404, 422, 503)},
)
async def price_history(
    marketplace: str,
    asin: str,
    request: Request,
    response: Response,
    caller: ProductsReader,
    using: PartsOf,
    wanted: Annotated[HistoryFilter, Query()],
) -> PricePage:
    """One point per change of price, currency or availability of one of your products, the newest first."""
    product = await _own(using, caller, marketplace, asin)
    found = await using.products.find_price_points(product["marketplace"], product["asin"], wanted.query())
    next_cursor = cursors.encode(found[wanted.limit - 1]["n"]) if len(found) > wanted.limit else None
    link_next(request, response, next_cursor)
    return PricePage(items=[price_point(point) for point in found[: wanted.limit]], next_cursor=next_cursor)


def _number(cursor: str) -> int:
    number: int = cursors.decode(cursor, int)[0]
    if not -(2**31) < number < 2**31:
        raise cursors.bad_cursor()
    return number


@router.post(
    "/{marketplace}/{asin}/analyze",
    summary="Analyse a product anew",
    responses=responses(401, 403, 404, 409, 413, 422, 503),
)
async def analyze_product(
    marketplace: str, asin: str, caller: ProductsWriter, using: PartsOf, wanted: AnalyzeRequest | None = None
) -> Analysis:
    """Works out the resale of one of your products as it was collected last, with the rate of now, and stores it.

    What the request does not name stays as it was in the product's last analysis; null takes the default. A job that
    collects the product later analyses it with its own settings.
    """
    for _ in range(ANALYZE_TRIES):
        product = await _own(using, caller, marketplace, asin)
        analysis = using.profit.analyze(product, wanted or AnalyzeRequest())
        place = (caller.user_id, product["marketplace"], product["asin"])
        if await using.products.set_analysis(*place, product.get("collected_at"), analysis.as_document()):
            return analysis
    raise Problem(409, "product_busy", "The product is being collected right now; try again.", retryable=True)
