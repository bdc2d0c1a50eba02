"""Products over HTTP: list and look up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from services.api import cursors
from services.api.dependencies import PartsOf, ProductsReader
from services.api.errors import responses
from services.api.problems import not_found
from services.api.products import (
    ProductQuery,
    ProductSort,
    decode_position,
    encode_position,
    position,
    product_view,
)
from services.api.responses import ProductPage, ProductView
from services.api.routes.paging import LINK_HEADER, link_next

router = APIRouter(prefix="/v1/products", tags=["products"])


def _printable(text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


Text = Annotated[str | None, AfterValidator(_printable)]


class ProductFilter(BaseModel):
    """What a list of products is narrowed to, sorted by, and cut into."""

    marketplace: Text = Field(default=None, max_length=50)
    asin: Text = Field(default=None, max_length=20)
    job_id: Text = Field(default=None, max_length=64, description="Only what this job was the last to collect")
    q: Text = Field(default=None, min_length=1, max_length=200, description="Part of the title, in any case")
    favorite: bool | None = None
    sort: ProductSort = ProductSort.NEWEST
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
        )


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
    document = await using.products.find_product(caller.user_id, marketplace, asin.upper())
    if document is None:
        raise not_found("product")
    return product_view(dict(document))
