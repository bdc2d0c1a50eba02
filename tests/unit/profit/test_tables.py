"""The data tables: what is bundled, what a folder replaces, and how mistakes are told."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from shared.profit import Tables, TablesError, load_tables
from shared.profit.shipping import chargeable_weight_g, international_jpy
from shared.profit.tables import BUNDLED, FILES, parse_tables


def texts() -> dict[str, str]:
    return {name: (BUNDLED / name).read_text(encoding="utf-8") for name in FILES}


def changed(name: str, old: str, new: str) -> Tables:
    files = texts()
    assert old in files[name]
    return parse_tables({**files, name: files[name].replace(old, new, 1)})


def test_folder_replaces_only_the_files_it_holds(tmp_path: Path) -> None:
    (tmp_path / "duty.toml").write_text(
        'default_percent = 6\nvat_percent = 0\nexempt_up_to_krw = 1\n[duty_percent]\nelectronics = "2.5"\n'
    )
    (tmp_path / "notes.txt").write_text("kept beside the tables")

    tables = load_tables(tmp_path)

    assert (tables.duty.default_percent, tables.duty.exempt_up_to_krw) == (Decimal(6), 1)
    assert tables.fees == load_tables().fees
    assert tables.duty_percent("cameras") == Decimal("2.5")


def test_irregular_shipping_prices_can_be_given(tmp_path: Path) -> None:
    bands = "[[tiers.{0}]]\nup_to_g = 1000\nfirst_points = 5\nstep_points = 0\n" + (
        "[[tiers.{0}]]\nup_to_g = 3000\nfirst_points = 8\nstep_points = 0.5\n"
    )
    head = "point_jpy = 10\nstep_g = 1000\nmax_weight_g = 3000\n"
    (tmp_path / "shipping.toml").write_text(head + bands.format("economy") + bands.format("premium"))

    table = load_tables(tmp_path).shipping

    weights = [chargeable_weight_g(Decimal(weight), table) for weight in (1, 1000, 1001, 2001, 3000, 3001)]
    assert weights == [1000, 1000, 2000, 3000, 3000, None]
    assert [international_jpy(weight, "economy", table) for weight in (1000, 2000, 3000)] == [50, 80, 85]


def test_subcategory_takes_its_parents_fee_when_it_has_none() -> None:
    assert changed("fees.toml", "tvs = 5.8\n", "").fee_percent("tvs") == Decimal("7.8")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("fees.toml", "books = 10.8", "books = 100", "fees.toml: fee_percent.books: Input should be less than 100"),
        (
            "fees.toml",
            "books = 10.8",
            'books = "much"',
            "fees.toml: fee_percent.books: Input should be a valid decimal",
        ),
        ("fees.toml", "books = 10.8\n", "", "fees.toml: fee_percent.books: missing"),
        ("fees.toml", "books = 10.8", "boks = 10.8", "fees.toml: fee_percent.boks: no category of that name"),
        ("fees.toml", "books = 10.8", "books 10.8", "fees.toml: not TOML"),
        ("duty.toml", "food = 30", "food = -1", "duty.toml: duty_percent.food: Input should be greater"),
        ("duty.toml", "food = 30", "fod = 30", "duty.toml: duty_percent.fod: no category of that name"),
        ("duty.toml", "vat_percent = 10\n", "", "duty.toml: vat_percent: Field required"),
        ("shipping.toml", "step_g = 500", "step_g = 0", "shipping.toml: step_g: Input should be greater than 0"),
        ("shipping.toml", "first_points = 8.50\n", "", "shipping.toml: tiers.premium.0.first_points: Field required"),
        ("shipping.toml", "point_jpy", "point_yen", "shipping.toml: point_yen: Extra inputs are not permitted"),
        ("shipping.toml", "up_to_g = 70000", "up_to_g = 60000", "tiers.economy: bands must rise"),
        ("shipping.toml", "step_g = 500", "step_g = 300", "tiers.economy: every up_to_g must be a multiple"),
        ("shipping.toml", "[[tiers.premium]]", "[[tiers.express]]", "shipping.toml: tiers.express"),
        ("categories.toml", '"daily_necessities"', '"daily"', "default: 'daily' is none of the categories"),
        ("categories.toml", 'parent = "electronics"', 'parent = "tvs"', "categories.computers.parent: 'tvs'"),
        ("categories.toml", 'label = "Books"\n', "", "categories.toml: categories.books.label: Field required"),
    ],
)
def test_mistake_in_a_table_names_file_and_key(name: str, old: str, new: str, message: str) -> None:
    with pytest.raises(TablesError, match=re.escape(message)):
        changed(name, old, new)


def test_misnamed_table_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "fee.toml").write_text("")

    with pytest.raises(TablesError, match=r"fee\.toml: no such table; known are shipping\.toml"):
        load_tables(tmp_path)


def test_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="holds no table"):
        load_tables(tmp_path)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="cannot be read: No such file"):
        load_tables(tmp_path / "absent")


def test_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fees.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(TablesError, match=r"fees\.toml: cannot be read"):
        load_tables(tmp_path)
