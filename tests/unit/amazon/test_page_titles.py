"""The product's title in the page's own: only where it is certain which part it is."""

import pytest

from shared.amazon.pages import parse


def title_of(meta: str) -> str | None:
    marks = '<div id="ppd"><div id="rightCol"></div><div id="centerCol"></div></div>'
    body = f'<html><head><meta name="title" content="{meta}"></head><body>{marks}</body></html>'
    found = parse(body.encode(), url="https://www.amazon.com/dp/B07WXL5YPW").product
    return found.title if found else None


@pytest.mark.parametrize(
    "meta",
    [
        "Amazon.com: A thing: big, red : Automotive",
        "Amazon.co.jp: A thing: big, red : ホーム＆キッチン",
        "A thing: big, red : Amazon.com.br: Casa e Jardim",
        "A thing: big, red: Amazon.co.uk: Follas, Mat: 9781849757096: Books",
        "A thing: big, red: Amazon.de: Küche",
        "A thing: big, red: Buy Online at Best Price in UAE - Amazon.ae",
        "A thing: big, red: Buy Online at Best Price in KSA - Souq is now Amazon.sa",
        "Buy A thing: big, red Online at Low Prices in India - Amazon.in",
        "A thing: big, red | 著者 |本 | 通販 | Amazon",
        "Amazon | A thing: big, red | お香 通販",
        "A thing: big, red",
    ],
)
def test_title_is_found_between_shop_and_department(meta: str) -> None:
    assert title_of(meta) == "A thing: big, red"


@pytest.mark.parametrize(
    "meta",
    [
        "Amazon.com: A thing: big, red: Automotive",
        "A thing - Hook And Loop Discs - Amazon.com",
        "A thing : 1 - Criativo e Art: Livros — Amazon Brasil",
        "A thing | big | red | 通販",
        "Amazon.de",
    ],
)
def test_title_that_could_be_cut_elsewhere_is_none(meta: str) -> None:
    assert title_of(meta) is None


def test_binding_beside_a_lost_title_is_none() -> None:
    pale = (
        '<span class="a-size-medium a-color-secondary">Hardcover</span><span class="a-color-secondary">– 7 Apr</span>'
    )
    body = f'<html><body><div id="dp"><h1 id="title">{pale}</h1><div id="rightCol"></div></div></body></html>'
    found = parse(body.encode(), url="https://www.amazon.com/dp/B07WXL5YPW").product
    assert found is not None
    assert found.title is None
