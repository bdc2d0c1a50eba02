"""Other rates and shipping tried in the dashboard: on a list, and on a job, which keeps them when told."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from services.api.records import Job
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage
from tests.unit.api.builders import HOME, asin, bearer


def choose(page: Page) -> dict[str, object]:
    """Opens the fields, fills them in, and gives what the interface is to be asked with."""
    page.get_by_text("Exchange rate, shipping and packaging").click()
    page.get_by_label("KRW for 1 JPY").fill("9.5")
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("KRW for 1 USD").fill("1400")
    page.get_by_label("Shipping in Korea, KRW").fill("3500")
    page.get_by_label("Packaging, KRW").fill("700")
    page.get_by_label("International shipping").select_option("premium")
    return {
        "rates": {"JPY": 9.5, "USD": 1400},
        "korea_shipping_krw": 3500,
        "packaging_krw": 700,
        "shipping_tier": "premium",
    }


def test_job_is_priced_anew_with_other_costs(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}/profit")
    wanted = choose(page)
    expect(page.locator(".resale")).to_contain_text("Profitable")
    keep = page.get_by_role("button", name="Use it for all products")
    expect(keep).to_be_enabled()
    with page.expect_request(lambda each: each.method == "POST" and each.url.endswith("/reprice")) as asked:
        keep.click()
    assert asked.value.post_data_json == wanted
    expect(page.locator(".resale")).to_contain_text("worked out…")
    expect(page.get_by_label("Currency")).to_be_disabled()


def test_other_costs_are_tried_on_the_list(look: Opener, jobs: dict[str, Job]) -> None:
    page = look("#/products")
    expect(page.locator(".product-margin").first).to_have_text("25%")
    wanted = choose(page)
    with page.expect_request("**/reprice-preview") as asked:
        page.get_by_label("Shipping in Japan, JPY").fill("0")
    assert asked.value.post_data_json.items() >= {**wanted, "japan_shipping_jpy": 0}.items()
    expect(page.locator(".product-margin").first).to_contain_text("₩")
    page.get_by_role("button", name="As it is").click()
    expect(page.locator(".product-margin").first).to_have_text("25%")
    expect(page.get_by_label("Shipping in Korea, KRW")).to_have_value("")


def test_profit_that_is_tried_is_of_the_price_beside_it(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    stage.world.products.products[f"ann:{HOME}:{asin(0)}"]["resale"] = {"selling_price_krw": 10_000_000}
    asked = {"products": [{"marketplace": HOME, "asin": asin(n)} for n in range(2)], "target_margin": 30}
    answer = httpx.post(f"{stage.url}/v1/products/reprice-preview", json=asked, headers=bearer()).raise_for_status()
    own, other = (each["after"] for each in answer.json()["items"])
    page = look("#/products")
    expect(page.locator(".product-head > *").last).to_have_text("Margin")
    page.get_by_label("What if the target margin were").fill("30")
    tried = page.locator(".tried")
    expect(tried.first).to_have_text(f"₩{own['profit_krw']:,}at your ₩10,000,000")
    expect(tried.nth(1)).to_have_text(f"₩{other['profit_krw']:,}at ₩{other['recommended_price_krw']:,}")
    expect(page.locator(".product-head > *").last).to_have_text("Profit")
    page.get_by_role("button", name="As it is").click()
    expect(page.locator(".product-head > *").last).to_have_text("Margin")
