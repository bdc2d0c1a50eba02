"""The tables of rules as tables: every line of them can be asked."""

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from shared.amazon.marketplaces import MARKETPLACES
from shared.amazon.pages.document import Document
from shared.amazon.pages.listing import NEXT, RANKED
from shared.amazon.pages.product import FIELD_NAMES, tables
from shared.amazon.pages.rules import Field

TABLES = [*tables("B000000001"), NEXT, RANKED]
RULES = [(field, *rule) for field in TABLES for rule in field.rules]


@pytest.mark.parametrize(
    ("field", "name", "where", "reader"), RULES, ids=[f"{field.name}-{name}" for field, name, *_ in RULES]
)
def test_rule_can_be_asked(field: Field[Any], name: str, where: str, reader: Any) -> None:
    identifier, _, selector = where.partition(" ") if where.startswith("#") else ("", "", where)
    assert "," not in identifier
    LexborHTMLParser("<p>").css(selector or "p")
    assert len([rule for rule in field.rules if rule[0] == name]) == 1
    assert Field(field.name, ((name, where, reader),)).read(Document(b"<p>x", MARKETPLACES["amazon.com"])).value is None


def test_every_field_is_named_once() -> None:
    assert len(set(FIELD_NAMES)) == len(FIELD_NAMES)
    assert {"asin", "title", "price", "currency", "weight_g", "images"} <= set(FIELD_NAMES)


def test_where_begins_under_every_element_with_the_id() -> None:
    body = b'<div id="a"><p class="x">1</p></div><p class="x">2</p><div id="a"><p class="x">3</p></div>'
    document = Document(body, MARKETPLACES["amazon.com"])
    assert [node.text() for node in document.find("#a .x")] == ["1", "3"]
    assert [node.text() for node in document.find(".x")] == ["1", "2", "3"]
