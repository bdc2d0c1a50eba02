"""A page is noticed when it lacks what the pages before it had, or when nothing could be made of it."""

from __future__ import annotations

import pytest

from shared.amazon.pages import FIELD_NAMES, Page, Product
from shared.amazon.pages.product import tables
from shared.drift import ENOUGH_PAGES, LAST_RESORTS, MEMORY_PAGES, WATCHED, Drift
from shared.html_source import FIELDS, count_fields

HOME = "amazon.co.jp"


def product(*lacking: str) -> Page:
    trace = {name: "a-rule" for name in ("title", *WATCHED) if name not in lacking}
    return Page("product", "ok", "ok", product=Product(title="x"), trace=trace)


def after(*pages: Page) -> Drift:
    drift = Drift()
    for page in pages:
        drift.look(HOME, page)
    return drift


def test_field_that_nearly_all_pages_have_is_missed() -> None:
    drift = after(*[product()] * 99, product("price"))
    assert drift.look(HOME, product("price")) == ("fields_missing", ("price",))
    assert drift.look(HOME, product("images", "price")) == ("fields_missing", ("price", "images"))


def test_field_that_many_pages_lack_is_not_missed() -> None:
    drift = after(*[product(), product(), product(), product("price")] * ENOUGH_PAGES)
    assert drift.look(HOME, product("price")) is None


def test_first_pages_teach_and_are_not_judged() -> None:
    assert after(*[product()] * (ENOUGH_PAGES - 1)).look(HOME, product("price")) is None
    assert after(*[product()] * ENOUGH_PAGES).look(HOME, product("price")) is not None


def test_marketplaces_are_learnt_apart() -> None:
    assert after(*[product()] * ENOUGH_PAGES).look("amazon.de", product("price")) is None


def test_what_pages_had_long_ago_is_forgotten() -> None:
    drift = after(*[product()] * MEMORY_PAGES)
    noticed = [drift.look(HOME, product("price")) is not None for _ in range(MEMORY_PAGES)]
    assert noticed[0]
    assert not any(noticed[100:])
    assert drift.look(HOME, product("images")) is not None


def test_whole_page_is_as_it_should_be() -> None:
    assert after(*[product()] * ENOUGH_PAGES).look(HOME, product()) is None


def test_product_without_title_tells_what_else_is_gone() -> None:
    page = Page("unknown", "changed_layout", "final", product=Product(), trace={"price": "a-rule", "images": "b"})
    assert Drift().look(HOME, page) == ("changed_layout", ("title", "categories", "availability_text"))


@pytest.mark.parametrize("reason", ["changed_layout", "malformed"])
def test_page_that_nothing_can_be_made_of_is_noticed(reason: str) -> None:
    assert Drift().look(HOME, Page("unknown", reason, "final")) == (reason, ())


@pytest.mark.parametrize(
    "page",
    [
        Page("blocked", "captcha", "slow_down"),
        Page("not_found", "not_found", "final"),
        Page("unknown", "truncated", "retry", product=Product()),
        Page("unknown", "other_site", "final"),
        Page("product", "truncated", "retry", product=Product(title="x")),
        Page("listing", "ok", "ok"),
    ],
)
def test_page_that_shows_no_layout_is_passed_over(page: Page) -> None:
    assert after(*[product()] * ENOUGH_PAGES).look(HOME, page) is None


def counted(field: str, rule: str) -> float:
    value: float = FIELDS.labels("amazon.eg", field, rule)._value.get()
    return value


def test_every_field_of_a_page_is_counted_once() -> None:
    before = {field: (counted(field, "a-rule"), counted(field, "none")) for field in FIELD_NAMES}
    count_fields("amazon.eg", product("price"))
    for field, (answered, unanswered) in before.items():
        has = field in ("title", *WATCHED) and field != "price"
        assert counted(field, "a-rule") - answered == has, field
        assert counted(field, "none") - unanswered == (not has), field


def test_field_that_only_the_last_rule_finds_is_noticed() -> None:
    found = product()
    page = Page("product", "ok", "ok", product=found.product, trace={**found.trace, "title": "meta"})
    assert after(product()).look(HOME, page) == ("last_resort", ("title",))


def test_last_resorts_are_rules_of_the_tables() -> None:
    rules = {field.name: [name for name, _, _ in field.rules] for field in reversed(tables(None))}
    assert {name: set(rules[name][-len(last) :]) for name, last in LAST_RESORTS.items()} == LAST_RESORTS
