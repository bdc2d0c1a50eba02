"""Items of the Creators API as products."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.amazon.pages import Availability, Product, Rank
from shared.creators.items import RESOURCES, load, product_of
from shared.creators.searches import RESOURCES as SEARCH_RESOURCES
from tests.unit.creators.answers import OTHER_PICTURE, PICTURE, as_text, item, listing, money, value


def read(**changes: Any) -> Product:
    return product_of(load(as_text(item(**changes))))


def offered(*offers: dict[str, Any]) -> Product:
    return product_of(load(as_text(item("B000000001", *offers))))


def by_line(**changes: Any) -> Product:
    return read(itemInfo={"byLineInfo": changes})


GAPS = {"description": "not_from_source", "aplus_images": "not_from_source"}


def sized(**sides: Any) -> Product:
    return read(itemInfo={"productInfo": {"itemDimensions": sides}})


def test_complete_item_is_read_in_full() -> None:
    assert read() == Product(
        asin="B000000001",
        parent_asin="B0PARENT01",
        title="走る人形 赤",
        price=Decimal(4980),
        currency="JPY",
        brand="アシンフロー",
        rating=Decimal("4.3"),
        review_count=87,
        images=(PICTURE, OTHER_PICTURE),
        features=("電池は別売り", "三歳から"),
        categories=("ホビー", "おもちゃ", "ローラースケート"),
        weight_g=Decimal("249.476"),
        dimensions_mm=(Decimal(254), Decimal("133.35"), Decimal("88.9")),
        availability=Availability.IN_STOCK,
        availability_text="在庫あり。",
        seller="Amazon.co.jp",
        condition="new",
        bestseller_ranks=(Rank(1234, "ホビー"), Rank(7, "ローラースケート")),
        gaps=GAPS,
    )


def test_item_with_nothing_but_its_asin_says_nothing() -> None:
    assert product_of({"asin": "B000000001"}) == Product(asin="B000000001", gaps=GAPS)


def test_prices_are_exact() -> None:
    text = as_text(item("B000000001", listing(0))).replace('"amount": 0', '"amount": 1234567.10')
    assert product_of(load(text)).price == Decimal("1234567.10")


def test_winner_of_the_buy_box_is_the_offer() -> None:
    product = offered(listing(1, isBuyBoxWinner=False), listing(2))
    assert product.price == 2


def test_first_offer_counts_where_none_has_won() -> None:
    assert offered(listing(1, isBuyBoxWinner=False), listing(2, isBuyBoxWinner=False)).price == 1


@pytest.mark.parametrize(
    ("kind", "basis", "expected"),
    [
        ("LIST_PRICE", money(5980), Decimal(5980)),
        ("WAS_PRICE", money(5980), Decimal(5980)),
        ("LOWEST_PRICE", money(5980), None),
        ("LIST_PRICE", money(4980), None),
        ("LIST_PRICE", money(5980, "USD"), None),
    ],
)
def test_list_price_is_a_higher_one_in_the_same_money(kind: str, basis: Any, expected: Decimal | None) -> None:
    price = {"money": money(4980), "savingBasis": {"money": basis, "savingBasisType": kind}}
    assert offered(listing(price=price)).list_price == expected


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("IN_STOCK", "在庫あり。", Availability.IN_STOCK),
        ("IN_STOCK_SCARCE", "残り1点", Availability.LOW_STOCK),
        ("LEADTIME", "通常2～3日以内に発送します。", Availability.IN_STOCK),
        ("LEADTIME", "Usually ships within 2 to 3 weeks", Availability.BACKORDER),
        ("LEADTIME", None, Availability.BACKORDER),
        ("AVAILABLE_DATE", None, Availability.BACKORDER),
        ("PREORDER", None, Availability.PREORDER),
        ("OUT_OF_STOCK", "在庫切れ", Availability.UNAVAILABLE),
        ("SOMETHING_NEW", None, Availability.UNKNOWN),
        (None, None, Availability.UNKNOWN),
    ],
)
def test_availability_is_told_by_its_kind(kind: str | None, message: str | None, expected: Availability) -> None:
    assert offered(listing(availability={"type": kind, "message": message})).availability == expected


def test_used_offer_makes_the_item_used_only() -> None:
    product = offered(listing(900, condition={"value": "Used", "subCondition": "Good"}))
    assert (product.condition, product.availability, product.price) == ("used", Availability.USED_ONLY, 900)


def test_item_without_offers_has_no_price_and_no_state() -> None:
    product = read(offersV2={"listings": []})
    assert (product.price, product.currency, product.availability) == (None, None, Availability.UNKNOWN)


@pytest.mark.parametrize("free", [money(0), {"amount": 10}, {"currency": "JPY"}, money(-1), money("10"), money(True)])
def test_what_is_no_sum_of_money_is_no_price(free: Any) -> None:
    product = offered(listing(price={"money": free}))
    assert (product.price, product.currency) == (None, None)


def test_largest_picture_of_each_is_taken_once() -> None:
    big = PICTURE.replace("71abc", "91big")
    primary = {"large": {"url": PICTURE}, "hiRes": {"url": big}}
    product = read(images={"primary": primary, "variants": [{"large": {"url": big}}, {"small": {"url": PICTURE}}]})
    assert product.images == (big,)


def test_author_is_the_contributor_who_wrote_it() -> None:
    people = [{"name": "絵師", "roleType": "illustrator"}, {"name": "筆者", "role": "著", "roleType": "author"}]
    assert by_line(contributors=people).author == "筆者"
    assert by_line(contributors=people[:1]).author is None


def test_weight_needs_a_unit() -> None:
    assert sized(weight=value(500, unit="グラム")).weight_g == 500
    assert sized(weight=value(0.5, unit="Kilograms")).weight_g == 500
    assert sized(weight=value(0.5)).weight_g is None
    assert sized(weight=value(55, unit="Hundredths Pounds")).weight_g is None


def test_dimensions_need_all_three_sides() -> None:
    assert sized(length=value(1, unit="cm"), width=value(2, unit="cm")).dimensions_mm is None
    sides = {side: value(1.5, unit="Centimeters") for side in ("length", "width", "height")}
    assert sized(**sides).dimensions_mm == (15, 15, 15)


def test_category_is_one_that_ranks_its_products() -> None:
    campaign = {"displayName": "週末セール", "ancestor": {"displayName": "特集"}}
    category = {"displayName": "人形", "salesRank": 3}
    assert read(browseNodeInfo={"browseNodes": [campaign, category]}).categories == ("人形",)
    assert read(browseNodeInfo={"browseNodes": [campaign]}).categories == ("特集", "週末セール")


def test_no_reviews_are_no_rating() -> None:
    product = read(customerReviews={"count": 0, "starRating": {"value": 0}})
    assert (product.rating, product.review_count) == (None, 0)


def test_item_is_not_its_own_parent() -> None:
    assert read(parentASIN="B000000001").parent_asin is None


def test_attributes_of_a_variation_are_kept() -> None:
    assert read(variationAttributes=[{"name": "color_name", "value": "赤"}]).variation == {"color_name": "赤"}


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "<html>"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        load(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
PATHS = ["asin", "parentASIN", "itemInfo", "offersV2", "images", "customerReviews", "browseNodeInfo"]


@given(st.dictionaries(st.sampled_from(PATHS), JSON))
def test_no_json_makes_the_reader_fail(changes: dict[str, Any]) -> None:
    assert isinstance(product_of({**item(), **changes}), Product)


@given(st.sampled_from(["amount", "count", "value", "displayValue", "salesRank"]), JSON)
def test_no_value_makes_the_reader_fail(name: str, wrong: Any) -> None:
    def spoil(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: wrong if key == name else spoil(each) for key, each in node.items()}
        return [spoil(each) for each in node] if isinstance(node, list) else node

    product = product_of(spoil(item()))
    assert product.asin == "B000000001"
    product.as_document()


def test_resources_are_those_of_the_library() -> None:
    models = pytest.importorskip("creatorsapi_python_sdk.models")
    assert set(RESOURCES) <= {each.value for each in models.GetItemsResource}
    assert set(SEARCH_RESOURCES) <= {each.value for each in models.SearchItemsResource}


def test_answers_of_these_tests_are_as_the_library_models_them() -> None:
    models = pytest.importorskip("creatorsapi_python_sdk.models")
    modelled = models.Item.model_validate(item())
    assert modelled.to_dict() == item()
