"""Products over HTTP: list, look up, what their prices did, analyse anew."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from services.api import cursors
from services.api.auth import Caller
from services.api.dependencies import Parts, PartsOf, ProductsReader, ProductsWriter
from services.api.downloads import FILE_CONTENT, FORMAT_HELP, download
from services.api.errors import responses
from services.api.exports import Format, Row, Rows
from services.api.parameters import Moment, Text
from services.api.problems import Problem, not_found
from services.api.products import (
    MAX_PRICE_CHARACTERS,
    HistoryQuery,
    ProductQuery,
    ProductSort,
    decode_position,
    encode_position,
    position,
    price_point,
    product_view,
)
from services.api.requests import AnalyzeRequest, ProductChanges, RepricePreviewRequest, SellingPrices
from services.api.responses import PRODUCT_EXAMPLE, PricedProducts, PricePage, ProductPage, ProductsPreview, ProductView
from services.api.routes.paging import LINK_HEADER, link_next
from services.api.tables import PRODUCT_COLUMNS
from shared.profit import Analysis, own_words

router = APIRouter(prefix="/v1/products", tags=["products"])

# Each one lost means that the product was collected in that very moment.
ANALYZE_TRIES = 5


Price = Annotated[Decimal | None, Field(max_digits=MAX_PRICE_CHARACTERS)]


class ProductFilter(BaseModel):
    """What a list of products is narrowed to, sorted by, and cut into."""

    marketplace: Text = Field(default=None, max_length=50)
    asin: Text = Field(default=None, max_length=20)
    job_id: Text = Field(default=None, max_length=64, description="Only what this job was the last to collect")
    q: Text = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Words of title, brand, ASIN or notes, in any case and width",
    )
    category: Text = Field(default=None, max_length=100, description="That of the analysis")
    availability: Text = Field(default=None, max_length=30)
    profitable: bool | None = Field(
        default=None,
        description="Whether the target margin is reached: at a selling price of your own, or else, as it always is, "
        "at the recommended one",
    )
    priced: bool | None = Field(default=None, description="Whether you have given it a selling price (`analyze`)")
    min_price: Price = Field(default=None, ge=0, le=10_000_000_000)
    max_price: Price = Field(default=None, ge=0, le=10_000_000_000)
    min_margin: float | None = Field(default=None, allow_inf_nan=False, description="In percent")
    max_margin: float | None = Field(default=None, allow_inf_nan=False)
    min_change: float | None = Field(default=None, allow_inf_nan=False, description="Of the price, in percent")
    max_change: float | None = Field(default=None, allow_inf_nan=False)
    favorite: bool | None = None
    changed: bool | None = Field(default=None, description="Whether the price has ever changed")
    sort: ProductSort = Field(
        default=ProductSort.NEWEST, description="`-price_changed_at` lists only products whose price has changed"
    )
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=cursors.MAX_CHARACTERS)
    form: Format = Field(default=Format.JSON, alias="format", description=FORMAT_HELP)

    def query(self) -> ProductQuery:
        """For one product more than the page holds, which tells whether another page follows."""
        ranges = {
            "price": (self.min_price, self.max_price),
            "margin": (self.min_margin, self.max_margin),
            "price_change_percent": (self.min_change, self.max_change),
        }
        return ProductQuery(
            sort=self.sort,
            limit=self.limit + 1,
            category=self.category,
            availability=self.availability,
            profitable=self.profitable,
            priced=self.priced,
            ranges={name: bounds for name, bounds in ranges.items() if bounds != (None, None)},
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


@router.get(
    "",
    summary="List products",
    response_model=ProductPage,
    responses={
        200: {
            "headers": LINK_HEADER,
            "content": {
                "application/json": {"example": {"items": [PRODUCT_EXAMPLE], "next_cursor": None}},
                **FILE_CONTENT,
            },
        },
        **responses(401, 403, 422, 503),
    },
)
async def list_products(
    request: Request,
    response: Response,
    caller: ProductsReader,
    using: PartsOf,
    wanted: Annotated[ProductFilter, Query()],
) -> ProductPage | Response:
    """Your products, the latest collected first unless sorted otherwise."""
    if wanted.form is not Format.JSON:
        return await download(_rows(using, caller, wanted.query()), PRODUCT_COLUMNS, wanted.form, "products")
    found = await using.products.find_products(caller.user_id, wanted.query())
    last = found[wanted.limit - 1] if len(found) > wanted.limit else None
    next_cursor = None if last is None else encode_position(wanted.sort, position(wanted.sort, last))
    link_next(request, response, next_cursor)
    return ProductPage(items=[product_view(document) for document in found[: wanted.limit]], next_cursor=next_cursor)


async def _rows(using: Parts, caller: Caller, query: ProductQuery) -> Rows[ProductView]:
    """Every product, a block at a time."""
    async for found in using.products.scan_products(caller.user_id, query):
        for document in found:
            place = position(query.sort, document)
            yield Row(product_view(document), encode_position(query.sort, place))


@router.post(
    "/reprice-preview",
    summary="See what other costs would make of products",
    responses=responses(401, 403, 413, 422, 503),
)
async def preview_products(caller: ProductsReader, using: PartsOf, asked: RepricePreviewRequest) -> ProductsPreview:
    """Analyses up to 1,000 of your products with other rates, margin or costs and stores nothing: quick enough for a
    slider."""
    return await using.repricing.preview_products(caller.user_id, asked)


@router.post(
    "/selling-prices", summary="Give products selling prices", responses=responses(401, 403, 409, 413, 422, 503)
)
async def give_prices(caller: ProductsWriter, using: PartsOf, asked: SellingPrices) -> PricedProducts:
    """Keeps selling prices of your own with up to 1,000 of your products, and judges each by it, now and whenever it is
    collected: `product.profitable` then tells which reach their margin. All else of their analyses stays as it was."""
    return await using.prices.give(caller.user_id, asked)


@router.patch(
    "/{marketplace}/{asin}", summary="Change what is yours", responses=responses(401, 403, 404, 413, 422, 503)
)
async def change_product(
    marketplace: str, asin: str, caller: ProductsWriter, using: PartsOf, wanted: ProductChanges
) -> ProductView:
    """Sets favourite and notes of one of your products; collecting it again leaves them as they are."""
    changes = wanted.model_dump(exclude_none=True)
    if changes and not await using.products.change(caller.user_id, marketplace, asin.upper(), changes):
        raise not_found("product")
    return product_view(await _own(using, caller, marketplace, asin))


@router.delete(
    "/{marketplace}/{asin}", status_code=204, summary="Forget a product", responses=responses(401, 403, 404, 503)
)
async def delete_product(marketplace: str, asin: str, caller: ProductsWriter, using: PartsOf) -> None:
    """Deletes one of your products with favourite and notes; a job that collects it later brings it back without."""
    if not await using.products.delete_product(caller.user_id, marketplace, asin.upper()):
        raise not_found("product")


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
    collects the product later analyses it with its own settings, but at the selling price and in the category given
    here; where that reaches the margin, `product.profitable` tells.
    """
    for _ in range(ANALYZE_TRIES):
        product = await _own(using, caller, marketplace, asin)
        analysis = using.profit.analyze(product, wanted or AnalyzeRequest())
        place = (caller.user_id, product["marketplace"], product["asin"])
        changes = {"analysis": analysis.as_document(), "resale": own_words(analysis)}
        if await using.products.set_analysis(*place, product.get("collected_at"), changes):
            return analysis
    raise Problem(409, "product_busy", "The product is being collected right now; try again.", retryable=True)
