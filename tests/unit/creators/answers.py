"""Answers as the Creators API gives them, with made-up products."""

from __future__ import annotations

import json
from typing import Any

PICTURE = "https://m.media-amazon.com/images/I/71abc+DEf-L.jpg"
OTHER_PICTURE = "https://m.media-amazon.com/images/I/81xyzXYZ01L.jpg"


def value(displayed: Any, **more: Any) -> dict[str, Any]:
    return {"displayValue": displayed, "label": "…", "locale": "ja_JP", **more}


def money(amount: Any, currency: str = "JPY") -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "displayAmount": f"{amount} {currency}"}


def listing(amount: Any = 4980, **changes: Any) -> dict[str, Any]:
    """An offer: new, in stock, at `amount`."""
    plain: dict[str, Any] = {
        "availability": {"type": "IN_STOCK", "message": "在庫あり。", "maxOrderQuantity": 3, "minOrderQuantity": 1},
        "condition": {"value": "New", "subCondition": "Unknown", "conditionNote": ""},
        "isBuyBoxWinner": True,
        "merchantInfo": {"id": "AN1VRQENFRJN5", "name": "Amazon.co.jp"},
        "price": {"money": money(amount)},
        "violatesMAP": False,
    }
    return {**plain, **changes}


def item(asin: str = "B000000001", *offers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A complete item with one offer, or with the given ones."""
    plain: dict[str, Any] = {
        "asin": asin,
        "parentASIN": "B0PARENT01",
        "detailPageURL": f"https://www.amazon.co.jp/dp/{asin}?tag=mine-22",
        "browseNodeInfo": {
            "browseNodes": [
                {
                    "id": "2",
                    "displayName": "ローラースケート",
                    "isRoot": False,
                    "salesRank": 7,
                    "ancestor": {
                        "id": "1",
                        "displayName": "おもちゃ",
                        "ancestor": {"id": "0", "displayName": "ホビー"},
                    },
                }
            ],
            "websiteSalesRank": {"displayName": "ホビー", "salesRank": 1234},
        },
        "customerReviews": {"count": 87, "starRating": {"value": 4.3}},
        "images": {
            "primary": {"large": {"url": PICTURE, "height": 500, "width": 500}},
            "variants": [{"large": {"url": OTHER_PICTURE, "height": 500, "width": 400}}],
        },
        "itemInfo": {
            "title": value("走る人形 赤"),
            "byLineInfo": {"brand": value("アシンフロー"), "manufacturer": value("製造社")},
            "features": {"displayValues": ["電池は別売り", "三歳から"], "label": "Features", "locale": "ja_JP"},
            "productInfo": {
                "itemDimensions": {
                    "height": value(3.5, unit="インチ"),
                    "length": value(10, unit="インチ"),
                    "width": value(5.25, unit="インチ"),
                    "weight": value(0.55, unit="ポンド"),
                }
            },
        },
        "offersV2": {"listings": list(offers) or [listing()]},
    }
    return {**plain, **changes}


def items_answer(*items: dict[str, Any], errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"itemsResult": {"items": list(items)}, **({"errors": errors} if errors else {})}


def inaccessible(asin: str) -> dict[str, str]:
    message = f"The ItemId {asin} provided in the request is not accessible through the Creators API."
    return {"code": "ItemNotAccessible", "message": message}


def search_answer(asins: list[str], total: int) -> dict[str, Any]:
    items = [{"asin": asin, "itemInfo": {"title": value("x")}} for asin in asins]
    return {"searchResult": {"items": items, "totalResultCount": total, "searchURL": "https://www.amazon.co.jp/s?k=x"}}


def as_text(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)
